-- add: makes a schedule. $1 id, $2 tenant, $3 definition, $4 next fire in ms, null for never.
-- Returns its revision unless there is one. Locks: the schedule's row.
insert into millrace.schedule (id, tenant, definition, created_at, changed_at, next_fire)
values ($1, $2, $3, millrace.store_now(), millrace.store_now(),
  timestamptz 'epoch' + millrace.span($4::double precision))
on conflict (id) do nothing
returning revision
