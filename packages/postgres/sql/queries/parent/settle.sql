-- settle: forgets cancelled parents that have ended and whose live children are all cancelled: no more can come.
-- Locks: the matched rows, skipping locked ones.
with c as materialized (
  select p.parent from millrace.cancelled_parent p
  where not exists (select 1 from millrace.job j where j.id = p.parent)
    and not exists (select 1 from millrace.job j where j.parent = p.parent and not j.cancelling)
  order by p.parent limit 1000
  for update skip locked
)
delete from millrace.cancelled_parent p using c where p.parent = c.parent
