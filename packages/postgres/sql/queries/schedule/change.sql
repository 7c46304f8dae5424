-- change: gives a schedule another definition. $1 id, $2 tenant, $3 definition, $4 next fire in ms, null for never.
-- Returns its revision. Locks: none that `held` has not taken.
update millrace.schedule s
set tenant = $2, definition = $3, revision = s.revision + 1, changed_at = millrace.store_now(),
  next_fire = timestamptz 'epoch' + millrace.span($4::double precision)
where s.id = $1
returning s.revision
