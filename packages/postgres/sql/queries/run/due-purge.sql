-- due-purge: the removed run that has been due for longest, and how far its ledger is deleted. $1 lock key. Returns none where
-- another process has the lock. Locks: an advisory lock, then the row.
select d.run::text, d.step, d.key from millrace.removed_run d
where d.due_at <= millrace.store_now() and (select pg_try_advisory_xact_lock($1::bigint))
order by d.due_at, d.run limit 1
for update
