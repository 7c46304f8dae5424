-- end: moves held jobs to history: those that completed or died, and however their attempt ended, cancelled ones.
-- $1 ids uuid[], $2 tokens bigint[], $3 settlements json [{id, token, dead, fingerprint, record, going, uncounted,
-- interrupted, snoozed, ran, wait, run, measures}]: `going` ends only a cancelled job; what every attempt measures has columns,
-- which is cheaper. Returns id, how it ended, and parent of those that were held.
-- Locks: the matched job rows in id order, then the forks of the ended jobs.
with s as materialized (
  select * from json_to_recordset($3::json) as s(
    id uuid, token bigint, dead boolean, fingerprint text, record text, going boolean, uncounted boolean,
    interrupted boolean, snoozed boolean, ran bigint, wait bigint, run bigint, measures json)
), k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.token = any($2::bigint[])
  order by j.id
  for update
), g as (
  delete from millrace.job j using s
  where j.id = any($1::uuid[]) and j.id in (select id from k) and j.id = s.id and j.token = s.token
    and (j.cancelling or s.going is not true)
  returning j.*, s.fingerprint, s.ran, s.wait, s.run as ran_ms, s.measures,
    (s.uncounted is not true)::integer as counted, (s.interrupted is true)::integer as stopped,
    (s.snoozed is true)::integer as put_off,
    case when j.cancelling then 'cancelled' when s.dead then 'dead' else 'completed' end as ended,
    j.records || case j.records when '' then '' else chr(10) end
      || case when s.uncounted then '' else millrace.ms(millrace.store_now()) || ' ' || s.record end
      || case when j.cancelling then case when s.uncounted then '' else chr(10) end
        || millrace.ms(millrace.store_now()) || ' ' || j.cancel_record else '' end as all_records
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
  select ended, queue, class, count(*) as n, sum(ran) as ran, sum(wait) as wait, sum(ran_ms) as ran_ms
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
), d as (
  select ended as kind, json_build_array(millrace.queue_scope(queue, class), name, sum(n)) as delta
  from m group by ended, queue, class, name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(g.id) from g where g.ended = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select id::text, ended, parent::text from g
