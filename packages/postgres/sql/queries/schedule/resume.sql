-- resume: has a paused schedule fire again, unless it has changed. $1 id, $2 created_at in ms, $3 revision, $4 next fire in ms,
-- null for never.
-- Returns its tenant and was_paused where the schedule is still as it was read. Locks: the schedule's row.
with k as materialized (
  select s.id, s.tenant, s.paused from millrace.schedule s
  where s.id = $1 and millrace.ms(s.created_at) = $2::double precision and s.revision = $3::integer
  for update
), u as (
  update millrace.schedule s
  set paused = false, next_fire = timestamptz 'epoch' + millrace.span($4::double precision)
  from k where s.id = k.id and k.paused
)
select k.tenant, k.paused as was_paused from k
