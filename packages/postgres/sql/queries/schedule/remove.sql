-- remove: forgets a schedule. $1 id. Returns what it was told, where there was one. Locks: the schedule's row.
delete from millrace.schedule s where s.id = $1 returning s.id, s.tenant, s.definition, s.revision
