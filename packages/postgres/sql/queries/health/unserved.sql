-- unserved: names with jobs due, and no live worker that takes them, among the first 1,000 jobs of each queue and class.
-- Returns queue, name, class, how many were seen, and how long the first has been due in ms; the longest first.
-- Goes from queue to queue along the index of claims, so that its cost does not grow with their length.
with recursive q as (
  (select j.queue, j.class from millrace.job j where j.state = 0 and not j.suspect order by j.queue, j.class limit 1)
  union all
  select n.queue, n.class from q cross join lateral (
    select j.queue, j.class from millrace.job j
    where j.state = 0 and not j.suspect and (j.queue, j.class) > (q.queue, q.class)
    order by j.queue, j.class limit 1
  ) n
)
select q.queue, s.name, q.class, count(*)::integer as jobs,
  (millrace.ms(millrace.store_now()) - millrace.ms(min(s.run_at)))::text as age
from q cross join lateral (
  select j.name, j.run_at from millrace.job j
  where j.queue = q.queue and j.class = q.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
  order by j.run_at, j.id limit 1000
) s
where not exists (
  select from millrace.worker w
  where w.until > millrace.store_now() and not w.draining and q.queue = any(w.queues) and s.name = any(w.names)
    and q.class = any(w.classes)
)
group by q.queue, s.name, q.class
order by min(s.run_at), q.queue, q.class, s.name
