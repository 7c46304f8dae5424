-- end: moves held jobs to history: those that completed or died, and however their attempt ended, cancelled ones.
-- $1 ids uuid[], $2 tokens bigint[], $3 settlements json [{id, token, dead, fingerprint, record, going, uncounted,
-- interrupted}]: `going` ends only a cancelled job. Returns id, how it ended, and parent of those that were held.
-- Locks: the matched job rows in id order, then the forks of the ended jobs.
with s as materialized (
  select * from json_to_recordset($3::json) as s(
    id uuid, token bigint, dead boolean, fingerprint text, record text, going boolean, uncounted boolean,
    interrupted boolean)
), k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.token = any($2::bigint[])
  order by j.id
  for update
), g as (
  delete from millrace.job j using s
  where j.id = any($1::uuid[]) and j.id in (select id from k) and j.id = s.id and j.token = s.token
    and (j.cancelling or s.going is not true)
  returning j.*, s.fingerprint, (s.uncounted is not true)::integer as counted,
    (s.interrupted is true)::integer as stopped,
    case when j.cancelling then 'cancelled' when s.dead then 'dead' else 'completed' end as ended,
    j.records || case j.records when '' then '' else chr(10) end
      || case when s.uncounted then '' else millrace.ms(millrace.store_now()) || ' ' || s.record end
      || case when j.cancelling then case when s.uncounted then '' else chr(10) end
        || millrace.ms(millrace.store_now()) || ' ' || j.cancel_record else '' end as all_records
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + counted,
    interruptions + stopped, snoozes, rescues, max_rescues, class, case when cancelling then 6 else 4 end, queue, name,
    tenant, env, checkpoint, all_records
  from g where ended <> 'dead'
), l as (
  insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, fingerprint, env, checkpoint,
    records)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + 1,
    interruptions, snoozes, rescues, max_rescues, class, 5, queue, name, tenant, fingerprint, env, checkpoint,
    all_records
  from g where ended = 'dead'
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), d as (
  select g.ended as kind, json_build_array(millrace.queue_scope(g.queue, g.class), v.name, sum(v.n)) as delta
  from g cross join lateral (values ('running', -1), (g.ended, 1)) v(name, n)
  group by g.ended, g.queue, g.class, v.name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(g.id) from g where g.ended = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select id::text, ended, parent::text from g
