-- suspend: parks held jobs behind their children, under a policy. $1 settlements json
-- [{id, token, policy, target, measures}]. Returns the ids that were held. A cancelled job is left to `end`. Whether the policy is decided already is judged by
-- wake, in the same transaction: an event reader may see such a job wait and go on at one instant.
-- A worker of the first schema does not count the children it spawns in total, so that is at least what is known.
-- Locks: the matched job rows in id order, then their forks by parent.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, token bigint, policy smallint, target double precision, measures json)
  limit (select json_array_length($1::json))
), k as materialized (
  select j.id, s.policy, s.target, s.measures
  from s join millrace.job j on j.id = s.id and j.token = s.token and not j.cancelling
  order by j.id
  for update of j
), u as (
  update millrace.job j
  set state = 3, token = 0, settled = j.token, lease = null, suspect = false, retrying = false
  from k
  where j.id = k.id
  returning j.id, j.queue, j.class, k.policy, k.target, k.measures
), f as (
  insert into millrace.fork (parent, pending, waiting, policy, target, checked_at)
  select id, 0, true, policy, target, millrace.store_now() from u order by id
  on conflict (parent) do update
  set total = greatest(fork.total, fork.pending + fork.failed), waiting = true, policy = excluded.policy,
    target = excluded.target, wake_at = 0, checked_at = excluded.checked_at
), m as (
  select u.queue, u.class, v.name, v.n
  from u cross join (values ('running', -1::bigint), ('waiting', 1)) v(name, n)
  union all
  select u.queue, u.class, v.key, v.value::bigint
  from u cross join lateral json_each_text(u.measures) v
), d as (
  select json_build_array(millrace.queue_scope(queue, class), name, sum(n)) as delta
  from m group by queue, class, name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'waiting', (select array_agg(id) from u), json_agg(delta)::text
  from d having count(*) > 0
)
select id::text from u
