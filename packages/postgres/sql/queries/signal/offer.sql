-- offer: adds one plain job (due at once, without key, ordering key, expiry, run or parent), and, where an idle worker may
-- have it and its queue has nothing else to do, claims it for that worker and sends it along.
-- $1 job json as for enqueue, at most 7,000 bytes (a notification holds 8,000), $2 lease.
-- Returns capped (nothing was done: the queue has a capacity), created (the id was new), offered, idle (whether anybody
-- said to be idle on the queue).
-- The commit of a NOTIFY waits for those of others: it is sent only where somebody is idle, and with it the job is on its
-- way after one commit instead of three. The job is born claimed, its token drawn like any other.
-- Locks: the chosen worker's row, stepping over locked ones; the new job row.
with s as materialized (
  select * from json_to_record($1::json) as s(
    id uuid, queue text, name text, tenant text, class smallint, rescues integer, env text)
), q as materialized (
  select coalesce(bool_or(q.capacity is not null or array_remove(q.capacities, null) <> '{}'), false) as capped,
    coalesce(bool_or(q.paused), false) as paused
  from millrace.queue_setting q where q.queue = (select queue from s)
), w as materialized (
  select l.worker, l.queue, l.channel, l.offer_ms
  from millrace.listener l cross join s
  where l.queue = s.queue and l.until > millrace.store_now() and l.places > 0
    and s.name = any(l.names) and s.class = any(l.classes)
    and not exists (select from q where q.capped or q.paused)
    and not exists (
      select from unnest('{0,1,2,3,4}'::smallint[]) c(class) cross join lateral (
        (select from millrace.job j
         where j.queue = s.queue and j.class = c.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
         limit 1)
        union all
        (select from millrace.job j
         where j.queue = s.queue and j.class = c.class and j.state = 0 and j.suspect and j.run_at <= millrace.store_now()
         limit 1)
      ) ready
    )
  order by l.places desc, l.worker
  limit 1
  for update of l skip locked
), i as (
  insert into millrace.job (id, queue, name, tenant, class, run_at, created_at, max_rescues, state, token, lease, env)
  select s.id, s.queue, s.name, s.tenant, s.class, millrace.store_now(), millrace.store_now(), s.rescues,
    case when w.worker is null then 0 else 1 end,
    case when w.worker is null then 0 else nextval('millrace.token') end,
    case when w.worker is null then null else $2::uuid end, s.env
  from s left join w on true
  where not exists (select from q where q.capped)
  on conflict do nothing
  returning id, queue, class, state, token
), o as materialized (
  select i.id, i.token, w.* from i cross join w where i.state = 1
), t as (
  update millrace.listener l set places = l.places - 1
  from o where l.worker = o.worker and l.queue = o.queue
), l as (
  insert into millrace.lease (id, worker, until, solo, ids, offered)
  select $2::uuid, o.worker, millrace.store_now() + millrace.span(o.offer_ms), false, array[o.id], true
  from o
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), v.kind, array[i.id], v.delta::text
  from i cross join lateral (
    select 1 as n, 'enqueued' as kind, json_build_array(json_build_array(c.scope, 'queued', 1)) as delta
    from (select millrace.queue_scope(i.queue, i.class) as scope) c
    union all
    select 2, 'claimed',
      json_build_array(json_build_array(c.scope, 'queued', -1), json_build_array(c.scope, 'running', 1))
    from (select millrace.queue_scope(i.queue, i.class) as scope) c
    where i.state = 1
  ) v
  order by v.n
)
select (select capped from q) as capped, exists (select from i) as created,
  (
    select count(pg_notify(o.channel, json_build_object('at', millrace.ms(millrace.store_now()), 'token', o.token::text,
      'lease', $2::uuid, 'job', $1::json)::text))
    from o
  ) > 0 as offered,
  exists (
    select from millrace.listener l where l.queue = (select queue from s) and l.until > millrace.store_now()
  ) as idle
