-- find: runs newest first. $1 ids uuid[], $2 definition, $3 instance, $4 tenant, $5 states text[] (each null for any),
-- $6 after, $7 limit. A run that an earlier version opened is in the queue of its coordinator; one that it has moved since
-- has changed when it finished.
select r.id::text, r.definition, r.instance, r.tenant, r.state, r.params, r.coordinator::text,
  coalesce(r.queue, q.queue, '') as queue, r.class, r.submitted_by, r.correlation, r.restarts,
  millrace.ms(r.created_at)::text as created, millrace.ms(r.finished_at)::text as finished,
  millrace.ms(greatest(r.created_at, r.updated_at, r.finished_at))::text as updated, r.result, r.error
from millrace.run r
left join lateral (
  select j.queue from millrace.job j where r.queue is null and j.id = r.coordinator
  union all select f.queue from millrace.finished f where r.queue is null and f.id = r.coordinator
  union all select d.queue from millrace.dead d where r.queue is null and d.id = r.coordinator
  limit 1
) q on true
where ($1::uuid[] is null or r.id = any($1)) and ($2::text is null or r.definition = $2)
  and ($3::text is null or r.instance = $3) and ($4::text is null or r.tenant = $4)
  and ($5::text[] is null or r.state = any($5)) and ($6::uuid is null or r.id < $6)
order by r.id desc limit $7
