-- remove: has finished runs without live jobs be known no more; their rows are left to `purge`. $1 ids uuid[].
-- Returns id and tenant of each that there was, and whether it was removed. Locks: the run rows in id order.
with l as materialized (
  select r.id, r.tenant, r.finished_at from millrace.run r where r.id = any($1::uuid[]) order by r.id
  for update
), x as (
  delete from millrace.run r using l
  where r.id = l.id and l.finished_at is not null and not exists (select 1 from millrace.job j where j.run = l.id)
  returning r.id
), m as (
  insert into millrace.removed_run (run, due_at) select id, millrace.store_now() from x
)
select l.id::text, l.tenant, exists (select 1 from x where x.id = l.id) as removed from l
