-- find: the workers whose word still holds, by id.
select w.id::text, w.name, w.host, w.pid, w.version, millrace.ms(w.started_at)::text as started,
  millrace.ms(w.seen_at)::text as seen, array_to_json(w.queues)::text as queues, array_to_json(w.names)::text as names,
  array_to_json(w.classes)::text as classes, w.concurrency, w.running, w.draining
from millrace.worker w
where w.until > millrace.store_now()
order by w.id
