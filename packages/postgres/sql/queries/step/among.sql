-- among: some steps of a run by name. $1 run, $2 states text[] (null for any), $3 names text[], $4 after (null: from the
-- start), $5 limit. Of a removed run none. Fetches each by itself: with its partitions the run may have thousands.
-- include step
from (select distinct step from unnest($3::text[]) u(step)) s
cross join lateral (
  select * from millrace.step t where t.run = $1::uuid and t.step = s.step limit 1
) t
where ($2::text[] is null or t.state = any($2)) and t.step >= coalesce($4::text || chr(1), '')
  and (select d.run from millrace.removed_run d where d.run = $1::uuid) is null
order by t.step limit $5
