-- pick: takes the waiting parents not looked at for longest, and notes that they are looked at now. $1 limit.
-- Returns their ids. Locks: their forks, skipping locked ones, which are being judged anyway.
with p as materialized (
  select f.parent from millrace.fork f
  where f.waiting
  order by f.checked_at, f.parent limit $1
  for update skip locked
)
update millrace.fork f set checked_at = millrace.store_now()
from p where f.parent = p.parent
returning f.parent::text
