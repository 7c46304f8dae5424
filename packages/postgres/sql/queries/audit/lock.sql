-- lock: whether this transaction is the one that may chain and prune now. $1 lock key. A statement of its own: the next
-- one sees everything that the last holder has committed.
select pg_try_advisory_xact_lock($1::bigint) as locked
