-- drop: forgets a worker's leases under which no job runs any more. $1 ids uuid[], $2 worker.
-- One that still covers a running job ends now, for rescue to find. Locks: the matched lease rows.
with h as materialized (
  select l.id, exists (select 1 from millrace.job j where j.id = any(l.ids) and j.lease = l.id) as running
  from millrace.lease l
  where l.id = any($1::uuid[]) and l.worker = $2
  order by l.id
  for update
), e as (
  update millrace.lease l set until = least(l.until, millrace.store_now())
  from h where l.id = h.id and h.running
)
delete from millrace.lease l using h where l.id = h.id and not h.running
