-- lock: makes changes to the order of these ordering keys one after the other. $1 keys text[].
-- Locks: one of 256 advisory locks for each key, in order: few enough for the server's lock table however many keys.
-- Taken in a statement of its own, so that the next one sees what the lock's last holder has done.
select pg_advisory_xact_lock(hashtext('millrace.ordering'), b.bucket)
from (select distinct hashtext(k.key) & 255 as bucket from unnest($1::text[]) k(key) order by 1) b
