-- start: opens a run unless its instance has an active one or its id is known. $1 id, $2 definition, $3 instance,
-- $4 tenant, $5 coordinator, $6 params, $7 queue, $8 class, $9 submitted by, $10 correlation, $11 version. Returns the id
-- where it was opened.
insert into millrace.run (id, definition, instance, tenant, state, coordinator, created_at, updated_at, params, queue, class,
  submitted_by, correlation, version)
values ($1::uuid, $2, $3, $4, 'running', $5::uuid, millrace.store_now(), millrace.store_now(), $6, $7, $8::smallint, $9, $10,
  $11)
on conflict do nothing
returning id::text
