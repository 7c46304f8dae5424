-- depths: the queues that have dead letters. $1 most that are counted of each. Reads the index from queue to queue.
with recursive q as (
  (select d.queue from millrace.dead d order by d.queue limit 1)
  union all
  select (select d.queue from millrace.dead d where d.queue > q.queue order by d.queue limit 1)
  from q where q.queue is not null
)
select q.queue, c.count, millrace.ms(o.at)::text as oldest,
  (millrace.ms(millrace.store_now()) - millrace.ms(o.at))::text as age
from q cross join lateral (
  select count(*)::text as count from (
    select 1 from millrace.dead d where d.queue = q.queue order by d.finished_at limit $1::bigint
  ) u
) c cross join lateral (
  select d.finished_at as at from millrace.dead d where d.queue = q.queue order by d.finished_at limit 1
) o
order by q.queue
