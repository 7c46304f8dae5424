-- drop: forgets leases whose jobs are all settled. $1 ids uuid[], $2 worker.
delete from millrace.lease l where l.id = any($1::uuid[]) and l.worker = $2
