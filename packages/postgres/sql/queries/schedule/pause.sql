-- pause: has a schedule fire no more. $1 id. Returns its id where there is one. Locks: the schedule's row.
update millrace.schedule s set paused = true where s.id = $1 returning s.id
