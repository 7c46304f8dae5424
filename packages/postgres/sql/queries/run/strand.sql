-- strand: ends runs that nobody drives any more, and the steps they leave begun. $1 runs json [{id, to}], $2 the error of
-- those that fail. Locks: the run rows (of a caller's that has them), then the step rows in order of run and step.
with s as materialized (
  select * from json_to_recordset($1::json) as s(id uuid, "to" text)
), u as (
  update millrace.run r
  set state = s."to", error = case when s."to" = 'failed' then $2::text else r.error end,
    finished_at = millrace.store_now(), updated_at = millrace.store_now()
  from s where r.id = s.id
), k as materialized (
  select t.run, t.step, s."to"
  from s join millrace.step t on t.run = s.id
  where t.state = 'running' or (t.state = 'pending' and s."to" = 'cancelled')
  order by t.run, t.step
  for update of t
)
update millrace.step t
set state = k."to", finished_at = millrace.store_now(), updated_at = millrace.store_now()
from k where t.run = k.run and t.step = k.step
