-- lock: what is set for a queue, of which nobody changes anything until the transaction ends. $1 queue.
-- Locks: the queue's row, which is made where there is none.
insert into millrace.queue_setting as q (queue) values ($1)
on conflict (queue) do update set queue = excluded.queue
returning q.queue, q.paused, q.capacity, array_to_json(q.capacities)::text as capacities, q.source
