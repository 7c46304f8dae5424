-- set: makes a schedule, or changes its definition; an unchanged one is left alone. $1 id, $2 tenant, $3 definition,
-- $4 next fire in ms, null for never.
-- Returns the revision where anything was done. Locks: the schedule's row.
insert into millrace.schedule as s (id, tenant, definition, created_at, changed_at, next_fire)
values ($1, $2, $3, millrace.store_now(), millrace.store_now(),
  timestamptz 'epoch' + millrace.span($4::double precision))
on conflict (id) do update
set tenant = excluded.tenant, definition = excluded.definition, revision = s.revision + 1,
  changed_at = excluded.changed_at, next_fire = excluded.next_fire
where s.definition <> excluded.definition
returning s.revision
