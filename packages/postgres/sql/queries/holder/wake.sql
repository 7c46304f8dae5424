-- wake: counts ended children into their parents' forks and wakes parents whose condition is met, once.
-- $1 json [{parent, ended, failed}]. Runs in the transaction that ended the children, after it.
-- Locks: forks by parent, then the woken job rows. `waiting` is read and cleared under the fork's lock.
with s as materialized (
  select * from json_to_recordset($1::json) as s(parent uuid, ended integer, failed integer)
), k as materialized (
  select f.parent, f.waiting from millrace.fork f
  where f.parent in (select parent from s)
  order by f.parent
  for update
), f as (
  update millrace.fork f
  set pending = f.pending - s.ended, failed = f.failed + s.failed,
    waiting = f.waiting and f.pending - s.ended > f.wake_at
  from s join k on k.parent = s.parent
  where f.parent = s.parent
  returning f.parent, k.waiting and not f.waiting as woken
), u as (
  update millrace.job j set state = 0, run_at = millrace.store_now()
  from f where f.woken and j.id = f.parent
  returning j.id, j.queue, j.class
), d as (
  select json_build_array(millrace.queue_scope(u.queue, u.class), v.name, sum(v.n)) as delta
  from u cross join (values ('waiting', -1), ('queued', 1)) v(name, n)
  group by u.queue, u.class, v.name
)
insert into millrace.journal (at, kind, ids, delta)
select millrace.store_now(), 'woken', (select array_agg(id) from u), json_agg(delta)::text
from d having count(*) > 0
