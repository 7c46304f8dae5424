-- enqueue: adds jobs, and counts those with a parent into its fork. $1 jobs json, $2 whether a later statement of the
-- transaction (`unsend`) writes the journal row, $3 whether capacities have been seen to already.
-- Returns the ids created; ids already live and unique keys already taken are left alone, and of an id met twice the first
-- job is taken. Where a queue has a capacity nothing is done but to say so: one row, `capped`. Jobs with an ordering key
-- stay behind it until `promote`.
-- Locks: new job rows by unique key, then id; then forks by parent.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, queue text, name text, tenant text, class smallint, delay double precision, due double precision,
    ttl double precision, expires double precision, rescues integer, run uuid, parent uuid, ukey text,
    brief boolean, lane text, ord integer, env text)
), c as materialized (
  select true as capped from millrace.queue_setting q
  where not $3::boolean and (q.capacity is not null or array_remove(q.capacities, null) <> '{}')
    and q.queue in (select queue from s)
  limit 1
), i as (
  insert into millrace.job (id, queue, name, tenant, class, run_at, created_at, expires_at, max_rescues, run, parent,
    ukey, key_queued, ordering_key, line, state, env)
  select id, queue, name, tenant, class,
    case when due is null then millrace.store_now() + millrace.span(delay)
      else greatest(millrace.store_now(), timestamptz 'epoch' + millrace.span(due)) end,
    millrace.store_now(),
    case when ttl is null then timestamptz 'epoch' + millrace.span(expires)
      else millrace.store_now() + millrace.span(ttl) end,
    rescues, run, parent, ukey, coalesce(brief, false), lane,
    case when lane is not null then (select nextval('millrace.line')) * 1000000 + ord end,
    case when lane is null then 0 else 2 end,
    env
  from s
  where not exists (select from c)
    and not exists (select from millrace.kept_key k where k.ukey = s.ukey and k.until > millrace.store_now())
  order by s.ukey collate "C", case when s.ukey is null then s.id end, s.ord
  on conflict do nothing
  returning id, queue, class, parent
), f as (
  insert into millrace.fork (parent, pending, total)
  select parent, count(*), count(*) from i where parent is not null group by parent order by parent
  on conflict (parent) do update set pending = fork.pending + excluded.pending, total = fork.total + excluded.total
), d as (
  select json_build_array(millrace.queue_scope(queue, class), 'queued', count(*)) as delta
  from i group by queue, class
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'enqueued', (select array_agg(id) from i), json_agg(delta)::text
  from d having count(*) > 0 and not $2::boolean
)
select id::text, false as capped from i
union all
select null, capped from c
