-- rescue: takes back the jobs of expired leases, found by the ids the leases list. $1 limit of leases.
-- Jobs still under the lease that was read become ready and suspect; one rescued from a lease held alone more than
-- max_rescues times goes to dead, a cancelled one ends so. One that was offered, and neither accepted nor written to, is
-- ready as if nobody had held it. Returns one row per job: what became of it, its id, and tenant, parent and ordering
-- key of one that ended.
-- Jobs are fetched one by one, whatever statistics say of a table that may have been empty when this was planned: read for
-- each job anew, the list of a lease of a thousand took half a minute.
-- Locks: lease rows skipping locked ones, then job rows in id order.
with x as materialized (
  select l.id, l.ids, l.solo, l.offered from millrace.lease l
  where l.until <= millrace.store_now()
  order by l.until, l.id limit $1
  for update skip locked
), i as materialized (
  select t.id, x.id as lease, x.solo, x.offered from x cross join lateral unnest(x.ids) t(id)
  order by t.id
), k as materialized (
  select j.id, i.solo, (not i.offered or j.write > 0)::integer as held, case
    when j.cancelling then 'cancelled'
    when i.offered and j.write = 0 then 'released'
    when i.solo and j.crashes + 1 > j.max_rescues then 'dead'
    else 'rescued' end as kind
  from i cross join lateral (
    select j.id, j.write, j.cancelling, j.crashes, j.max_rescues from millrace.job j
    where j.id = i.id and j.lease = i.lease
    for update
  ) j
), r as (
  update millrace.job j
  set state = 0, token = 0, lease = null, suspect = k.kind = 'rescued', retrying = false,
    rescues = j.rescues + k.held, crashes = j.crashes + k.solo::integer
  from k where j.id = k.id and k.kind in ('rescued', 'released')
  returning j.id, j.queue, j.class, k.kind
), g as (
  delete from millrace.job j using k where j.id = k.id and k.kind in ('dead', 'cancelled')
  returning j.*, k.kind, k.held
), h as (
  insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, fingerprint, env, checkpoint,
    records, progress)
  select id, generation, settled, created_at, run_at, millrace.store_now(), parent, run, attempts,
    interruptions, snoozes, rescues + 1, max_rescues, class, 5, queue, name, tenant, 'crashed', env, checkpoint,
    records || case records when '' then '' else chr(10) end
      || millrace.ms(millrace.store_now()) || ' {"kind":"crashed"}',
    progress
  from g where kind = 'dead'
), c as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, settled, created_at, run_at, millrace.store_now(), parent, run, attempts,
    interruptions, snoozes, rescues + held, max_rescues, class, 6, queue, name, tenant, env, checkpoint,
    records || case records when '' then '' else chr(10) end
      || millrace.ms(millrace.store_now()) || ' ' || cancel_record,
    progress
  from g where kind = 'cancelled'
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), o as (
  delete from millrace.lease l using x where l.id = x.id
), t as (
  select id, queue, class, kind, 'queued' as state from r
  union all
  select id, queue, class, kind, kind from g
), d as (
  select t.kind, json_build_array(millrace.queue_scope(t.queue, t.class), v.name, sum(v.n)) as delta
  from t cross join lateral (values ('running', -1), (t.state, 1)) v(name, n)
  group by t.kind, t.queue, t.class, v.name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(t.id) from t where t.kind = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select k.kind, k.id::text, g.tenant, g.parent::text, g.ordering_key, (select count(*) from x)::integer as leases
from k left join g on g.id = k.id
