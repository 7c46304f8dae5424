-- settings: the queues for which anything is set, by name.
select q.queue, q.paused, q.capacity, array_to_json(q.capacities)::text as capacities
from millrace.queue_setting q
where q.paused or q.capacity is not null or array_remove(q.capacities, null) <> '{}'
order by q.queue
