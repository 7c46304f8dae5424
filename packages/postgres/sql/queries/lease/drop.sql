-- drop: forgets a worker's leases under which no job runs any more. $1 ids uuid[], $2 worker.
-- One that still covers a running job stays, for rescue to find. Locks: the matched lease rows.
delete from millrace.lease l
where l.id = any($1::uuid[]) and l.worker = $2
  and not exists (select 1 from millrace.job j where j.id = any(l.ids) and j.lease = l.id)
