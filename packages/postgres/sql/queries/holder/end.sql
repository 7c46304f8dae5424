-- end: moves held jobs that completed or died to history. $1 ids uuid[], $2 tokens bigint[], $3 settlements json
-- [{id, token, dead, fingerprint, record, ran, wait, run, measures}] (what every attempt measures has columns, which is
-- cheaper). Returns id, dead and parent of those that were held.
-- Locks: the matched job rows in id order, then the forks of the ended jobs.
with s as materialized (
  select * from json_to_recordset($3::json) as s(
    id uuid, token bigint, dead boolean, fingerprint text, record text,
    ran bigint, wait bigint, run bigint, measures json)
), k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.token = any($2::bigint[])
  order by j.id
  for update
), g as (
  delete from millrace.job j using s
  where j.id = any($1::uuid[]) and j.id in (select id from k) and j.id = s.id and j.token = s.token
  returning j.*, s.dead, s.fingerprint, s.ran, s.wait, s.run as ran_ms, s.measures,
    j.records || case j.records when '' then '' else chr(10) end
      || millrace.ms(millrace.store_now()) || ' ' || s.record as all_records
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + 1,
    interruptions, snoozes, rescues, max_rescues, class, 4, queue, name, tenant, env, checkpoint, all_records,
    progress
  from g where not dead
), l as (
  insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, fingerprint, env, checkpoint,
    records, progress)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + 1,
    interruptions, snoozes, rescues, max_rescues, class, 5, queue, name, tenant, fingerprint, env, checkpoint,
    all_records, progress
  from g where dead
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), t as (
  select id, queue, class, case when dead then 'dead' else 'completed' end as kind, ran, wait, ran_ms, measures from g
), a as (
  select kind, queue, class, count(*) as n, sum(ran) as ran, sum(wait) as wait, sum(ran_ms) as ran_ms
  from t group by kind, queue, class
), m as (
  select a.kind, a.queue, a.class, v.name, v.n
  from a cross join lateral (
    values ('running', -a.n), (a.kind, a.n), ('ran', a.ran), ('waitMs', a.wait), ('runMs', a.ran_ms)
  ) v(name, n)
  where v.n <> 0
  union all
  select t.kind, t.queue, t.class, v.key, v.value::bigint
  from t cross join lateral json_each_text(t.measures) v
), d as (
  select kind, json_build_array(millrace.queue_scope(queue, class), name, sum(n)) as delta
  from m group by kind, queue, class, name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(t.id) from t where t.kind = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select id::text, dead, parent::text from g
