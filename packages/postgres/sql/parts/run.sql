-- run: a run `r` as the port shows it. One that an earlier version opened is in the queue of its coordinator; one that such a
-- version has moved since has changed when it finished.
select r.id::text, r.definition, r.instance, r.tenant, r.state, r.params, r.coordinator::text,
  coalesce(r.queue, q.queue, '') as queue, r.class, r.submitted_by, r.correlation, r.version, r.restarts,
  millrace.ms(r.created_at)::text as created, millrace.ms(r.finished_at)::text as finished,
  millrace.ms(greatest(r.created_at, r.updated_at, r.finished_at))::text as updated, r.result, r.error
from millrace.run r
left join lateral (
  select j.queue from millrace.job j where r.queue is null and j.id = r.coordinator
  union all select f.queue from millrace.finished f where r.queue is null and f.id = r.coordinator
  union all select d.queue from millrace.dead d where r.queue is null and d.id = r.coordinator
  limit 1
) q on true
