-- expire: moves jobs that are queued past their expiry to history. $1 ids uuid[].
-- Returns the parent of each, and its ordering key. Locks: the matched job rows in id order, skipping locked ones.
with k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.expires_at <= millrace.store_now() and j.state in (0, 2)
  order by j.id
  for update skip locked
), g as (
  delete from millrace.job j where j.id in (select id from k)
  returning j.*
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, settled, created_at, run_at, millrace.store_now(), parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, 7, queue, name, tenant, env, checkpoint, records, progress
  from g
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), d as (
  select json_build_array(millrace.queue_scope(g.queue, g.class), v.name, sum(v.n)) as delta
  from g cross join (values ('queued', -1), ('expired', 1)) v(name, n)
  group by g.queue, g.class, v.name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'expired', (select array_agg(id) from g), json_agg(delta)::text
  from d having count(*) > 0
)
select id::text, parent::text, ordering_key from g
