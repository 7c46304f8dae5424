-- due: the operation that has been due for longest. $1 none but this one (null: any). Locks: its row, skipping locked ones: those are being moved on.
-- include operation
from millrace.operation o
where o.state in ('running', 'canary') and o.due_at <= millrace.store_now() and ($1::uuid is null or o.id = $1)
order by o.due_at, o.id limit 1
for update skip locked
