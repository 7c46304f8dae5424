-- claim: takes due jobs, by class, then due time, then id, under one new lease; suspects stay, and so
-- do expired jobs and those of paused queues.
-- $1 wants json [{queue, max, names, classes, one}], $2 lease, $3 worker, $4 lease in ms. Returns the jobs in claim
-- order. `one` is always 1, and no want's max is above the inner limit: both only tell the planner how little is coming,
-- or a long queue makes the estimate high enough for every claim to be compiled first (14 ms, measured). `offset 0` has
-- the forks looked up one by one, whatever statistics say of a table that is mostly empty.
-- Locks: the picked job rows, skipping locked ones. Tokens are drawn after the rows are locked.
with w as materialized (
  select * from json_to_recordset($1::json) as w(queue text, max integer, names text[], classes smallint[], one integer)
  where w.one = 1 and w.queue <> all(array(select p.queue from millrace.queue_setting p where p.paused))
), p as materialized (
  select q.id
  from w cross join lateral (
    select t.id
    from unnest(w.classes) c(class) cross join lateral (
      select j.id from millrace.job j
      where j.queue = w.queue and j.class = c.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
        and j.name = any(w.names) and (j.expires_at is null or j.expires_at > millrace.store_now())
      order by j.run_at, j.id
      limit 10000
      for update skip locked
    ) t
    limit w.max
  ) q
), u as (
  update millrace.job j
  set state = 1, lease = $2::uuid, token = nextval('millrace.token'), write = 0, retrying = false,
    ukey = case when j.key_queued then null else j.ukey end
  where j.id = any(array(select id from p))
  returning j.id, j.token, j.queue, j.name, j.tenant, j.class, j.run_at, j.attempts, j.generation, j.parent, j.run,
    j.ordering_key, j.env, j.checkpoint
), l as (
  insert into millrace.lease (id, worker, until, solo, ids)
  select $2::uuid, $3, millrace.store_now() + millrace.span($4::double precision), false, array_agg(id)
  from u having count(*) > 0
), d as (
  select json_build_array(millrace.queue_scope(c.queue, c.class), v.name, v.n) as delta
  from (select queue, class, count(*) as n from u group by queue, class) c
    cross join lateral (values ('queued', -c.n), ('running', c.n)) v(name, n)
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'claimed', (select array_agg(id) from u), json_agg(delta)::text
  from d having count(*) > 0
)
select u.id::text, token::text, queue, name, tenant, class, attempts, generation, u.parent::text, run::text, ordering_key,
  env, checkpoint, f.pending, f.failed, f.total,
  (millrace.ms(millrace.store_now()) - millrace.ms(u.run_at))::text as waited
from u left join lateral (
  select k.pending, k.failed, k.total from millrace.fork k where k.parent = u.id and k.total > 0 offset 0
) f on true
order by u.class, u.run_at, u.id
