-- end: moves held jobs to history: those that completed or died, and however their attempt ended, cancelled ones.
-- $1 settlements json [{id, token, dead, fingerprint, record, going, uncounted, interrupted, snoozed, ran, wait, run,
-- measures}]: `going` ends only a cancelled job; what every attempt measures has columns, which is cheaper. Returns one
-- row: how many were held, their ids (json) unless that is all of them, the ids of cancelled ones (json), parent and
-- isFailed of those with a parent (json), the ordering keys (json), and id and tenant of those that died (json).
-- Locks: the matched job rows in id order, then the forks of the ended jobs.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, token bigint, dead boolean, fingerprint text, record text, going boolean, uncounted boolean,
    interrupted boolean, snoozed boolean, ran bigint, wait bigint, run bigint, measures json)
  limit (select json_array_length($1::json))
), n as materialized (
  select millrace.ms(millrace.store_now()) || ' ' as ms
), k as materialized (
  select j.id, s.dead, s.fingerprint, s.ran, s.wait, s.run as ran_ms, s.measures,
    case when s.uncounted is not true then (select ms from n) || s.record end as record,
    (s.uncounted is not true)::integer as counted, (s.interrupted is true)::integer as stopped,
    (s.snoozed is true)::integer as put_off
  from s join millrace.job j on j.id = s.id and j.token = s.token and (j.cancelling or s.going is not true)
  order by j.id
  for update of j
), g as (
  delete from millrace.job j using k
  where j.id = k.id
  returning j.*, k.fingerprint, k.ran, k.wait, k.ran_ms, k.measures, k.counted, k.stopped, k.put_off,
    case when j.cancelling then 'cancelled' when k.dead then 'dead' else 'completed' end as ended,
    concat_ws(chr(10), nullif(j.records, ''), k.record,
      case when j.cancelling then (select ms from n) || j.cancel_record end) as all_records
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + counted,
    interruptions + stopped, snoozes + put_off, rescues, max_rescues, class, case when cancelling then 6 else 4 end,
    queue, name, tenant, env, checkpoint, all_records, progress
  from g where ended <> 'dead'
), l as (
  insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, fingerprint, env, checkpoint,
    records, progress)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + 1,
    interruptions, snoozes, rescues, max_rescues, class, 5, queue, name, tenant, fingerprint, env, checkpoint,
    all_records, progress
  from g where ended = 'dead'
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), a as (
  select ended, queue, class, count(*) as n, array_agg(id) as ids, sum(ran) as ran, sum(wait) as wait,
    sum(ran_ms) as ran_ms
  from g group by ended, queue, class
), m as (
  select a.ended, a.queue, a.class, v.name, v.n
  from a cross join lateral (
    values ('running', -a.n), (a.ended, a.n), ('ran', a.ran), ('waitMs', a.wait), ('runMs', a.ran_ms)
  ) v(name, n)
  where v.n <> 0
  union all
  select g.ended, g.queue, g.class, v.key, v.value::bigint
  from g cross join lateral json_each_text(g.measures) v
  where g.measures is not null
), d as (
  select ended as kind, json_build_array(millrace.queue_scope(queue, class), name, sum(n)) as delta
  from m group by ended, queue, class, name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(i.id) from a cross join unnest(a.ids) i(id) where a.ended = d.kind),
    json_agg(d.delta)::text
  from d group by d.kind
)
select count(*)::integer as held,
  case when count(*) < (select count(*) from s) then json_agg(id)::text end as ids,
  (json_agg(id) filter (where ended = 'cancelled'))::text as cancelled,
  (json_agg(json_build_object('parent', parent, 'isFailed', ended <> 'completed'))
    filter (where parent is not null))::text as children,
  (json_agg(ordering_key) filter (where ordering_key is not null))::text as lines,
  (json_agg(json_build_object('id', id, 'tenant', tenant)) filter (where ended = 'dead'))::text as deaths
from g
