-- complete: moves held jobs that completed to history; cancelled ones are left to `end`. What every drain does most, so its
-- values are lists, one element a job, in the order of ids.
-- $1 ids uuid[], $2 tokens bigint[], $3 records json, $4 waits bigint[] and $5 runs bigint[], both in ms, $6 whether jobs
-- that somebody may wait for are left alone: those with a parent or an ordering key, whose ends take more than this.
-- Returns one row: how many were held, their ids (json) unless that is all of them, the parents of those that have one
-- (json), and the ordering keys (json).
-- Locks: the matched job rows in the order of $1, then the forks of the completed jobs.
-- The lists stand in subqueries and are arrays all, where the planner takes them for 10 elements: it then fetches each job
-- by its id. For 100, which it takes a set of JSON elements for, it reads the table from end to end up to 600 pages.
with s as materialized (
  select * from rows from (
    unnest((select $1::uuid[])), unnest((select $2::bigint[])),
    unnest((select array(select json_array_elements_text($3::json)))),
    unnest((select $4::bigint[])), unnest((select $5::bigint[]))
  ) s(id, token, record, wait, run)
), n as materialized (
  select millrace.ms(millrace.store_now()) || ' ' as ms
), g as (
  delete from millrace.job j using s
  where j.id = s.id and j.token = s.token and not j.cancelling
    and (not $6::boolean or (j.parent is null and j.ordering_key is null))
  returning j.id, j.token, j.generation, j.created_at, j.run_at, j.parent, j.run, j.attempts, j.interruptions, j.snoozes,
    j.rescues, j.max_rescues, j.class, j.queue, j.name, j.tenant, j.ordering_key, j.env, j.checkpoint, j.records,
    j.progress, s.record, s.wait, s.run as ran_ms
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, token, created_at, run_at, millrace.store_now(), parent, run, attempts + 1,
    interruptions, snoozes, rescues, max_rescues, class, 4, queue, name, tenant, env, checkpoint,
    case records when '' then n.ms || record else records || chr(10) || n.ms || record end, progress
  from g cross join n
), f as (
  delete from millrace.fork f using g where f.parent = g.id
), a as (
  select queue, class, count(*) as n, sum(wait) as wait, sum(ran_ms) as ran_ms from g group by queue, class
), d as (
  select json_build_array(millrace.queue_scope(a.queue, a.class), v.name, v.n) as delta
  from a cross join lateral (
    values ('running', -a.n), ('completed', a.n), ('ran', a.n), ('waitMs', a.wait), ('runMs', a.ran_ms)
  ) v(name, n)
  where v.n <> 0
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'completed', (select array_agg(id) from g), json_agg(delta)::text
  from d having count(*) > 0
)
select count(*)::integer as held,
  case when count(*) < (select count(*) from s) then json_agg(id)::text end as ids,
  (json_agg(parent) filter (where parent is not null))::text as parents,
  (json_agg(ordering_key) filter (where ordering_key is not null))::text as lines
from g
