-- move: changes a run's state. $1 run, $2 from text[], $3 to, $4 finished, $5 result, $6 error,
-- $7 holder's job and $8 token (null: no fence), $9 the coordinator it is restarted with (null: it is not restarted).
-- Returns state before (null: not found), held, moved and whether the coordinator was the run's already, and tenant,
-- definition and coordinator.
-- Locks: the holder's job row, then (for which it counts that) the run row.
with h as materialized (
  select j.id from millrace.job j where j.id = $7::uuid and j.token = $8::bigint for update
), k as materialized (
  select r.id, r.state, r.tenant, r.definition, r.coordinator, $7::uuid is null or exists (select 1 from h) as held,
    coalesce(r.coordinator = $9::uuid, false) as again
  from millrace.run r
  where r.id = $1::uuid and (select count(*) from h) >= 0
  for update
), u as (
  update millrace.run r
  set state = $3,
    result = case when $9::uuid is null then coalesce($5, r.result) else $5 end,
    error = case when $9::uuid is null then coalesce($6, r.error) else $6 end,
    coordinator = coalesce($9::uuid, r.coordinator), restarts = r.restarts + case when $9::uuid is null then 0 else 1 end,
    finished_at = case when $4::boolean then millrace.store_now() end, updated_at = millrace.store_now()
  from k
  where r.id = k.id and k.state = any($2::text[]) and k.held and not k.again
  returning r.id
)
select k.state, coalesce(k.held, false) as held, exists (select 1 from u) as moved, coalesce(k.again, false) as again,
  k.tenant, k.definition, k.coordinator::text
from (select 1) one left join k on true
