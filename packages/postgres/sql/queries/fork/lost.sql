-- lost: counts children that forks take for unfinished and that are no live jobs. $1 parents uuid[], their forks locked
-- by an earlier statement of the transaction: under that lock no child can be counted down, and one whose end is not
-- committed is still seen, so a child is never taken for lost too early. Returns parent and lost where any are.
select f.parent::text, f.pending - c.live as lost
from millrace.fork f cross join lateral (
  select count(*)::integer as live
  from (select 1 from millrace.job j where j.parent = f.parent limit f.pending) u
) c
where f.parent = any($1::uuid[]) and c.live < f.pending
