-- lock-limited: the capacities of those of these queues that have any. $1 queues text[].
-- Locks: their rows, by name, until the transaction ends: calls that add jobs to them take turns.
select q.queue, q.paused, q.capacity, array_to_json(q.capacities)::text as capacities, q.source
from millrace.queue_setting q
where q.queue = any($1::text[]) and (q.capacity is not null or array_remove(q.capacities, null) <> '{}')
order by q.queue
for update
