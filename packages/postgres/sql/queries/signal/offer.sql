-- offer: adds one plain job (due at once, without key, ordering key, expiry, run or parent), and, where an idle worker may
-- have it and its queue has nothing else to do, claims it for that worker and sends it along.
-- $1 id, $2 queue, $3 name, $4 tenant, $5 class, $6 max rescues, $7 env, $8 lease, $9 the job as the worker is to read it,
-- json of at most 7,000 bytes (a notification holds 8,000).
-- Returns capped (nothing was done: the queue has a capacity), created (the id was new), offered, idle (whether anybody
-- said to be idle on the queue).
-- The commit of a NOTIFY waits for those of others: it is sent only where somebody is idle, and with it the job is on its
-- way after one commit instead of three. The job is born claimed, its token drawn like any other.
-- Locks: the chosen worker's row, stepping over locked ones; the new job row.
with q as materialized (
  select q.paused, q.capacity is not null or array_remove(q.capacities, null) <> '{}' as capped
  from millrace.queue_setting q where q.queue = $2::text
), w as materialized (
  select l.worker, l.channel, l.offer_ms
  from millrace.listener l
  where l.queue = $2::text and l.until > millrace.store_now() and l.places > 0
    and $3::text = any(l.names) and $5::smallint = any(l.classes)
    and not exists (select from q where q.capped or q.paused)
    and not exists (
      select from unnest('{0,1,2,3,4}'::smallint[]) c(class) cross join lateral (
        (select from millrace.job j
         where j.queue = $2::text and j.class = c.class and j.state = 0 and not j.suspect
           and j.run_at <= millrace.store_now()
         limit 1)
        union all
        (select from millrace.job j
         where j.queue = $2::text and j.class = c.class and j.state = 0 and j.suspect
           and j.run_at <= millrace.store_now()
         limit 1)
      ) ready
    )
  order by l.places desc, l.worker
  limit 1
  for update skip locked
), i as (
  insert into millrace.job (id, queue, name, tenant, class, run_at, created_at, max_rescues, state, token, lease, env)
  select $1::uuid, $2::text, $3::text, $4::text, $5::smallint, millrace.store_now(), millrace.store_now(), $6::integer,
    case when w.worker is null then 0 else 1 end,
    case when w.worker is null then 0 else nextval('millrace.token') end,
    case when w.worker is null then null else $8::uuid end, $7::text
  from (select 1) one left join w on true
  where not exists (select from q where q.capped)
  on conflict do nothing
  returning state, token
), o as materialized (
  select i.token, w.* from i cross join w
), t as (
  update millrace.listener l set places = l.places - 1
  from o where l.worker = o.worker and l.queue = $2::text
), l as (
  insert into millrace.lease (id, worker, until, solo, ids, offered)
  select $8::uuid, o.worker, millrace.store_now() + millrace.span(o.offer_ms), false, array[$1::uuid], true
  from o
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), v.kind, array[$1::uuid], v.delta::text
  from i cross join lateral (values
    (0, 'enqueued', json_build_array(json_build_array(millrace.queue_scope($2::text, $5::smallint), 'queued', 1))),
    (1, 'claimed', json_build_array(json_build_array(millrace.queue_scope($2::text, $5::smallint), 'queued', -1),
      json_build_array(millrace.queue_scope($2::text, $5::smallint), 'running', 1)))
  ) v(n, kind, delta)
  where v.n <= i.state
  order by v.n
)
select exists (select from q where q.capped) as capped, exists (select from i) as created,
  (
    select count(pg_notify(o.channel, json_build_object('at', millrace.ms(millrace.store_now()), 'token', o.token::text,
      'lease', $8::uuid, 'job', $9::json)::text))
    from o
  ) > 0 as offered,
  exists (select from millrace.listener l where l.queue = $2::text and l.until > millrace.store_now()) as idle
