-- active: the instance's active run, its state and coordinator, and whether that is still live. $1 definition, $2 instance, $3 tenant.
-- Locks: the run row.
select r.id::text, r.state, r.coordinator::text, exists (select 1 from millrace.job j where j.id = r.coordinator) as live
from millrace.run r
where r.definition = $1 and r.instance = $2 and r.tenant = $3
  and r.state in ('starting', 'running', 'paused', 'cancelling')
for update
