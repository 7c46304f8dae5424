-- enqueue: adds jobs, and counts those with a parent into its fork. Most jobs of a call are alike but for their ids and
-- envelopes, so what they share comes once, as heads, and the rest as lists with one element a job.
-- $1 heads json [{head, queue, name, tenant, class, delay, due, ttl, expires, rescues, run, parent, brief, lane}], $2 ids,
-- $3 the head of each, $4 unique keys json (null: none; the list may be empty), $5 envelopes, joined as `joinTexts` does,
-- $6 whether a later statement of the transaction (`unsend`) writes the journal row, $7 whether capacities have been seen to
-- already.
-- Returns one row: the ids created (json) unless that is all of them; and `capped`: some queue has a capacity, so nothing was
-- done. Ids already live and unique keys already taken are left alone, and of an id met twice the first job is taken. Jobs
-- with an ordering key stay behind it until `promote`.
-- Locks: new job rows by unique key, then id; then forks by parent.
with t as materialized (
  select * from json_to_recordset($1::json) as t(
    head integer, queue text, name text, tenant text, class smallint, delay double precision, due double precision,
    ttl double precision, expires double precision, rescues integer, run uuid, parent uuid, brief boolean, lane text)
), s as materialized (
  select s.id, s.ukey, s.ord, replace(replace(coalesce(s.env, ''), E'\x1bR', E'\x1e'), E'\x1bE', E'\x1b') as env, t.*
  from rows from (
    unnest((select $2::uuid[])), unnest((select $3::integer[])), json_array_elements_text($4::json),
    unnest((select string_to_array($5::text, E'\x1e')))
  ) with ordinality s(id, head, ukey, env, ord)
    join t on t.head = s.head
), c as materialized (
  select true as capped from millrace.queue_setting q
  where not $7::boolean and (q.capacity is not null or array_remove(q.capacities, null) <> '{}')
    and q.queue in (select queue from t)
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
  from d having count(*) > 0 and not $6::boolean
)
select case when count(*) < (select count(*) from s) then coalesce(json_agg(id), '[]')::text end as ids,
  exists (select from c) as capped
from i
