-- hasten: has queued jobs that are to run later become due. $1 ids uuid[]. Returns id and tenant of each.
-- Locks: the matched job rows in id order.
with k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.state in (0, 2) and j.run_at > millrace.store_now()
  order by j.id
  for update
)
update millrace.job j set run_at = millrace.store_now()
from k where j.id = k.id
returning j.id::text, j.tenant
