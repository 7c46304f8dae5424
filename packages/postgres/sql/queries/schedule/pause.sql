-- pause: has a schedule fire no more. $1 id. Returns its tenant and was_paused where there is one. Locks: the schedule's row.
with k as materialized (
  select s.id, s.tenant, s.paused from millrace.schedule s where s.id = $1 for update
), u as (
  update millrace.schedule s set paused = true from k where s.id = k.id and not k.paused
)
select k.tenant, k.paused as was_paused from k
