-- remove: forgets a schedule. $1 id. Returns its id where there was one. Locks: the schedule's row.
delete from millrace.schedule s where s.id = $1 returning s.id
