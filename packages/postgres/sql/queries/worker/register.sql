-- register: enters workers or renews their word, and forgets those whose word has run out.
-- $1 json [{id, name, host, pid, version, up, queues, names, classes, concurrency, running, draining}] (`up` in ms), $2 for
-- how long in ms. Locks: forgotten workers' rows, skipping locked ones; then the rows of the others, by id.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, name text, host text, pid integer, version text, up double precision, queues text[], names text[],
    classes smallint[], concurrency integer, running integer, draining boolean)
), x as (
  delete from millrace.worker w
  where w.id = any(array(
    select o.id from millrace.worker o
    where o.until <= millrace.store_now() and o.id not in (select id from s)
    for update skip locked))
)
insert into millrace.worker as w (id, name, host, pid, version, started_at, seen_at, until, queues, names, classes,
  concurrency, running, draining)
select s.id, s.name, s.host, s.pid, s.version, millrace.store_now() - millrace.span(s.up), millrace.store_now(),
  millrace.store_now() + millrace.span($2::double precision), s.queues, s.names, s.classes, s.concurrency, s.running,
  s.draining
from s order by s.id
on conflict (id) do update
set name = excluded.name, host = excluded.host, pid = excluded.pid, version = excluded.version,
  started_at = case when w.until > millrace.store_now() then w.started_at else excluded.started_at end,
  seen_at = excluded.seen_at, until = excluded.until, queues = excluded.queues, names = excluded.names,
  classes = excluded.classes, concurrency = excluded.concurrency, running = excluded.running,
  draining = excluded.draining
