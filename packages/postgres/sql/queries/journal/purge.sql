-- purge: deletes the folded counts of scopes that begin so. $1 prefix, ending in a colon, $2 limit. Returns how many.
-- Locks: the rows, in the order in which `fold` has them.
with d as materialized (
  select c.scope, c.name from millrace.counter c
  where c.scope >= $1::text and c.scope < left($1::text, -1) || ';'
  order by c.scope, c.name limit $2
  for update
), x as (
  delete from millrace.counter c using d where c.scope = d.scope and c.name = d.name
  returning 1
)
select count(*)::integer as removed from x
