-- start: opens a run unless its instance has an active one or its id is known. $1 id, $2 definition, $3 instance,
-- $4 tenant, $5 coordinator, $6 params, $7 queue, $8 class, $9 submitted by, $10 correlation, $11 version. Returns the id
-- where it was opened.
insert into millrace.run (id, definition, instance, tenant, state, coordinator, created_at, updated_at, params, queue, class,
  submitted_by, correlation, version)
select $1::uuid, $2::text, $3::text, $4::text, 'running', $5::uuid, millrace.store_now(), millrace.store_now(), $6::text, $7::text,
  $8::smallint, $9::text, $10::text, $11::text
where not exists (select 1 from millrace.removed_run d where d.run = $1::uuid)
on conflict do nothing
returning id::text
