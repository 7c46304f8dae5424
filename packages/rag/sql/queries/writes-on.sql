-- writes-on: of a writer to a collection, before it looks its id up: the switch to another version waits for it.
-- $1 schema, $2 name. Locks: an advisory lock, shared, until the transaction ends.
select pg_advisory_xact_lock_shared(hashtextextended($1::text || ':collection:' || $2::text, 0))
