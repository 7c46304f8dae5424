-- orphans: live children of cancelled jobs that are not cancelled themselves, by id. $1 limit.
-- Locks: the rows of their parents, skipping locked ones: another sweep, or an operator's retry of the parent.
select j.id::text
from millrace.cancelled_parent c join millrace.job j on j.parent = c.parent
where not j.cancelling
order by j.id limit $1
for update of c skip locked
