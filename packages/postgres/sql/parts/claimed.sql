-- claimed: what every claim does with the jobs it has picked, which `p` names by id: a token each, one lease for all, a
-- journal row; and how they are handed out: a row for some 32 jobs alike in queue, name, tenant and class (of a thousand
-- payloads in one text each page would be new memory: a third of the claim's time at 1 KB each), with lists of what is each
-- one's own (`waits`: in µs since it was due, by which the reader puts them in claim order, for less than a sort
-- costs here), envelopes joined as `joinTexts` does, and as json what only some have (`rare`).
-- A lease is held alone where its job is a suspect, for those are claimed alone.
-- Only a job that was held before, in an earlier life perhaps, can have a fork. `offset 0` has them looked up one by one, whatever statistics say of a
-- table that is mostly empty.
u as (
  update millrace.job j
  set state = 1, lease = $2::uuid, token = nextval('millrace.token'), write = 0, retrying = false,
    ukey = case when j.key_queued then null else j.ukey end
  where j.id = any(array(select id from p))
  returning j.id, j.token, j.queue, j.name, j.tenant, j.class, j.run_at, j.attempts, j.generation, j.parent, j.run,
    j.ordering_key, j.suspect, j.env, j.checkpoint, j.settled <> 0 or j.rescues > 0 or j.generation > 1 as held_before
), l as (
  insert into millrace.lease (id, worker, until, solo, ids)
  select $2::uuid, $3, millrace.store_now() + millrace.span($4::double precision), bool_or(suspect), array_agg(id)
  from u having count(*) > 0
), d as (
  select json_build_array(millrace.queue_scope(c.queue, c.class), v.name, v.n) as delta
  from (select queue, class, count(*) as n from u group by queue, class) c
    cross join lateral (values ('queued', -c.n), ('running', c.n)) v(name, n)
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'claimed', (select array_agg(id) from u), json_agg(delta)::text
  from d having count(*) > 0
), x as (
  select u.*, f.pending, f.failed, f.total,
    round(date_part('epoch', (select millrace.store_now()) - u.run_at) * 1e6)::bigint as waited
  from u left join lateral (
    select k.pending, k.failed, k.total from millrace.fork k
    where u.held_before and k.parent = u.id and k.total > 0 offset 0
  ) f on true
)
select queue, name, tenant, class, count(*)::integer as count, array_agg(id) as ids, array_agg(token) as tokens,
  array_agg(waited) as waits,
  string_agg(replace(replace(env, E'\x1b', E'\x1bE'), E'\x1e', E'\x1bR'), E'\x1e') as envs, millrace.ms(max(run_at)) as last_due,
  (json_agg(json_build_object('id', id, 'attempts', attempts, 'generation', generation, 'parent', parent, 'run', run,
    'orderingKey', ordering_key, 'checkpoint', checkpoint, 'pending', pending, 'failed', failed, 'total', total))
    filter (where attempts > 0 or generation > 1 or total is not null
      or coalesce(parent::text, run::text, ordering_key, checkpoint) is not null))::text as rare
from x group by queue, name, tenant, class, token / 32
