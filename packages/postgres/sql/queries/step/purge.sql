-- purge: deletes the steps of a removed run. $1 run, $2 limit. Returns how many. Locks: the rows.
with d as materialized (
  select t.step from millrace.step t where t.run = $1::uuid order by t.step limit $2
), x as (
  delete from millrace.step t using d where t.run = $1::uuid and t.step = d.step
  returning 1
)
select count(*)::integer as removed from x
