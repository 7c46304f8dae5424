-- start: opens a run unless its instance has an active one. $1 id, $2 definition, $3 instance, $4 tenant,
-- $5 coordinator, $6 params. Returns the id where it was opened.
insert into millrace.run (id, definition, instance, tenant, state, coordinator, created_at, params)
values ($1::uuid, $2, $3, $4, 'running', $5::uuid, millrace.store_now(), $6)
on conflict (definition, instance, tenant) where state in ('starting', 'running', 'paused', 'cancelling') do nothing
returning id::text
