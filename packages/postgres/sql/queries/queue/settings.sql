-- settings: the queues that are paused or limited, or that an operator wants unlimited, by name.
select q.queue, q.paused, q.capacity, array_to_json(q.capacities)::text as capacities, q.source
from millrace.queue_setting q
where q.paused or q.capacity is not null or array_remove(q.capacities, null) <> '{}'
  or q.source = 'operator'
order by q.queue
