-- find: the steps of a run by name. $1 run, $2 states text[], $3 names text[] (each null for any), $4 after (null: from the
-- start), $5 limit. Of a removed run none.
select t.step, t.state, t.starts, t.detail, millrace.ms(t.started_at)::text as started,
  millrace.ms(t.finished_at)::text as finished, millrace.ms(t.updated_at)::text as updated
from millrace.step t
where t.run = $1::uuid and ($2::text[] is null or t.state = any($2)) and ($3::text[] is null or t.step = any($3))
  and ($4::text is null or t.step > $4)
  and (select d.run from millrace.removed_run d where d.run = $1::uuid) is null
order by t.step limit $5
