-- cancel: ends queued and waiting jobs as cancelled, and flags running ones. $1 ids uuid[], $2 record, $3 ordering keys
-- text[] whose locks are held: jobs queued behind another of any other key are left alone.
-- Returns id, tenant, answer (cancelled, cancelling), held (whether anybody ever held it) and the parent and ordering key of an
-- ended one.
-- Locks: the matched job rows in id order; whoever settles one of them comes before or sees the flag.
with k as materialized (
  select j.id, j.tenant, j.state, j.state = 1 or j.settled <> 0 or j.rescues > 0 as held
  from millrace.job j
  where j.id = any($1::uuid[]) and (j.state <> 2 or j.ordering_key = any($3::text[]))
  order by j.id
  for update
), r as (
  update millrace.job j set cancelling = true, cancel_record = $2
  from k where j.id = k.id and k.state = 1 and not j.cancelling
), g as (
  delete from millrace.job j using k where j.id = k.id and k.state <> 1
  returning j.*
), h as (
  insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, checkpoint, records,
    progress)
  select id, generation, settled, created_at, run_at, millrace.store_now(), parent, run, attempts,
    interruptions, snoozes, rescues, max_rescues, class, 6, queue, name, tenant, env, checkpoint,
    records || case records when '' then '' else chr(10) end || millrace.ms(millrace.store_now()) || ' ' || $2,
    progress
  from g
), p as (
  insert into millrace.cancelled_parent (parent)
  select id from k where held order by id
  on conflict (parent) do nothing
), d as (
  select json_build_array(millrace.queue_scope(g.queue, g.class), v.name, sum(v.n)) as delta
  from g cross join lateral (
    values (case g.state when 3 then 'waiting' else 'queued' end, -1), ('cancelled', 1)
  ) v(name, n)
  group by g.queue, g.class, v.name
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'cancelled', (select array_agg(id) from g), json_agg(delta)::text
  from d having count(*) > 0
)
select k.id::text, k.tenant, case k.state when 1 then 'cancelling' else 'cancelled' end as answer, k.held, g.parent::text,
  g.ordering_key
from k left join g on g.id = k.id
