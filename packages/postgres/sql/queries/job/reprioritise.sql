-- reprioritise: gives queued jobs another class, and counts them over to it. $1 ids uuid[], $2 class, $3 ordering keys text[]
-- whose locks are held: jobs queued behind another of any other key are left alone.
-- Returns id, tenant and answer (changed, unchanged) of each queued one. The journal's row names no jobs: none is an event.
-- Locks: the matched job rows in id order.
with k as materialized (
  select j.id, j.tenant, j.queue, j.class from millrace.job j
  where j.id = any($1::uuid[]) and (j.state = 0 or (j.state = 2 and j.ordering_key = any($3::text[])))
  order by j.id
  for update
), u as (
  update millrace.job j set class = $2::smallint
  from k where j.id = k.id and k.class <> $2::smallint
), d as (
  select json_build_array(millrace.queue_scope(k.queue, v.class), 'queued', sum(v.n)) as delta
  from k cross join lateral (values (k.class, -1), ($2::smallint, 1)) v(class, n)
  where k.class <> $2::smallint
  group by k.queue, v.class
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'reprioritised', '{}', json_agg(delta)::text
  from d having count(*) > 0
)
select k.id::text, k.tenant, case k.class when $2::smallint then 'unchanged' else 'changed' end as answer from k
