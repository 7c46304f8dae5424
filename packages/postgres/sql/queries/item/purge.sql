-- purge: deletes the next rows of a removed run's ledger, by step and key, and notes how far that came. $1 run, $2 step and $3 key
-- it came to before, $4 limit. Returns how many. It begins behind what was deleted, for a vacuum may not have been there yet, and
-- deletes by place, not by looking each key up once more; a row that changes its place meanwhile is found at the end.
-- Locks: the rows, then that of the removed run.
with d as materialized (
  select i.ctid as place, i.step, i.key from millrace.item i
  where i.run = $1::uuid and (i.step, i.key) >= ($2::text, $3::text)
  order by i.step, i.key limit $4
), x as (
  delete from millrace.item i where i.ctid = any(array(select place from d))
  returning 1
), n as (
  update millrace.removed_run r set step = d.step, key = d.key
  from (select step, key from d order by step desc, key desc limit 1) d where r.run = $1::uuid
)
select count(*)::integer as removed from x
