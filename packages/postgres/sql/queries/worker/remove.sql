-- remove: forgets workers that have stopped. $1 ids uuid[]. Locks: their rows.
delete from millrace.worker w where w.id = any($1::uuid[])
