-- wake: counts ended children into their parents' forks and judges the parents that wait: one whose condition is met is
-- woken, once; one whose policy can no longer be met goes to dead, and the sweep cancels the children it leaves. $1 json [{parent, ended, failed}], one per parent.
-- Returns id, tenant, parent and ordering key of those that died, which are to be counted into their parents' forks in turn.
-- Runs in the transaction that ended the children, after it. `waiting` is read and cleared under the fork's lock, and
-- alone says that the job waits: its own state must not be asked, for this statement may have begun before it was parked.
-- Locks: forks by parent, then the rows of the judged jobs.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with s as materialized (
  select * from json_to_recordset($1::json) as s(parent uuid, ended integer, failed integer)
  limit (select json_array_length($1::json))
), k as materialized (
  select f.parent, f.pending - s.ended as pending, f.failed + s.failed as failed, f.total, f.waiting, f.policy,
    f.target, f.wake_at
  from s join millrace.fork f on f.parent = s.parent
  order by f.parent
  for update of f
), c as materialized (
  select k.parent, k.pending, k.failed, k.total,
    case when k.waiting then millrace.fork_verdict(k.policy, k.target, k.wake_at, k.pending, k.failed, k.total)
      else 0 end as verdict
  from k
), f as (
  update millrace.fork f set pending = c.pending, failed = c.failed, waiting = f.waiting and c.verdict = 0
  from c where f.parent = c.parent and c.verdict < 2
), u as (
  update millrace.job j set state = 0, run_at = millrace.store_now()
  from c where c.verdict = 1 and j.id = c.parent
  returning j.id, j.queue, j.class
), g as (
  delete from millrace.job j using c
  where c.verdict = 2 and j.id = c.parent
  returning j.*, c.failed as children_failed, c.total as children, c.pending as children_left
), x as (
  delete from millrace.fork f using c where c.verdict = 2 and f.parent = c.parent
), l as (
  insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, fingerprint, env, checkpoint,
    records, progress)
  select id, generation, settled, created_at, run_at, millrace.store_now(), parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, 5, queue, name, tenant, 'children-failed', env, checkpoint,
    records || case records when '' then '' else chr(10) end || millrace.ms(millrace.store_now())
      || ' {"kind":"children-failed","failed":' || children_failed || ',"total":' || children || '}',
    progress
  from g
), p as (
  insert into millrace.cancelled_parent (parent)
  select id from g where children_left > 0 order by id
  on conflict (parent) do nothing
), m as (
  select 'woken' as kind, id, queue, class, 'queued' as place from u
  union all
  select 'dead', id, queue, class, 'dead' from g
), d as (
  select m.kind, json_build_array(millrace.queue_scope(m.queue, m.class), v.name, sum(v.n)) as delta
  from m cross join lateral (values ('waiting', -1), (m.place, 1)) v(name, n)
  group by m.kind, m.queue, m.class, v.name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(m.id) from m where m.kind = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select id::text, tenant, parent::text, ordering_key from g
