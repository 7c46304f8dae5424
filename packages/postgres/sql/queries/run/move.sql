-- move: changes a run's state. $1 run, $2 from text[], $3 to, $4 finished, $5 result, $6 error,
-- $7 holder's job and $8 token (null: no fence).
-- Returns state before (null: not found), held and moved, and tenant, definition and coordinator.
-- Locks: the holder's job row, then (for which it counts that) the run row.
with h as materialized (
  select j.id from millrace.job j where j.id = $7::uuid and j.token = $8::bigint for update
), k as materialized (
  select r.id, r.state, r.tenant, r.definition, r.coordinator, $7::uuid is null or exists (select 1 from h) as held
  from millrace.run r
  where r.id = $1::uuid and (select count(*) from h) >= 0
  for update
), u as (
  update millrace.run r
  set state = $3, result = coalesce($5, r.result), error = coalesce($6, r.error),
    finished_at = case when $4::boolean then millrace.store_now() end
  from k
  where r.id = k.id and k.state = any($2::text[]) and k.held
  returning r.id
)
select k.state, coalesce(k.held, false) as held, exists (select 1 from u) as moved, k.tenant, k.definition,
  k.coordinator::text
from (select 1) one left join k on true
