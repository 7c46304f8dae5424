-- extend: moves deadlines of a worker's live leases, and accepts those that were offered. $1 ids uuid[], $2 worker,
-- $3 lease in ms. Returns the ids moved.
-- Locks: the matched lease rows. A lease past its deadline is not revived.
update millrace.lease l
set until = millrace.store_now() + millrace.span($3::double precision), offered = false
where l.id = any($1::uuid[]) and l.worker = $2 and l.until > millrace.store_now()
returning l.id::text
