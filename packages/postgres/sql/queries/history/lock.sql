-- lock: lets one retry after the other: a parent and a child replayed at once must see each other. $1 lock key.
select pg_advisory_xact_lock($1::bigint) is not null as locked
