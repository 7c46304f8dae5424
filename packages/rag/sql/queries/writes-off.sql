-- writes-off: waits for the writers to a collection, and keeps new ones out, until the transaction ends. $1 schema,
-- $2 name. Locks: the advisory lock of `writes-on`, alone.
select pg_advisory_xact_lock(hashtextextended($1::text || ':collection:' || $2::text, 0))
