-- due: the operation that has been due for longest. Locks: its row, skipping locked ones: those are being moved on.
-- include operation
from millrace.operation o
where o.state in ('running', 'canary') and o.due_at <= millrace.store_now()
order by o.due_at, o.id limit 1
for update skip locked
