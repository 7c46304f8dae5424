-- idle: says that a worker has nothing to do on these queues. $1 worker, $2 queues text[], $3 for how long in ms.
-- Committed before the worker looks once more: a job enqueued in between is seen there, or its enqueuer sees this row.
insert into millrace.listener (worker, queue, until)
select $1::text, q.queue, millrace.store_now() + millrace.span($3::double precision)
from unnest($2::text[]) q(queue) order by q.queue
on conflict (worker, queue) do update set until = excluded.until
