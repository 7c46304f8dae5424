-- cancelling: has the active runs of these coordinators say that they are being cancelled. $1 coordinators uuid[].
-- Locks: the run rows, by id.
with k as materialized (
  select r.id from millrace.job j join millrace.run r on r.id = j.run and r.coordinator = j.id
  where j.id = any($1::uuid[]) and r.state in ('starting', 'running', 'paused', 'cancelling')
  order by r.id
  for update of r
)
update millrace.run r set state = 'cancelling', updated_at = millrace.store_now()
from k where r.id = k.id
