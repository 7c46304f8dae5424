-- replace: has queued holders of unique keys do the work of the jobs that met them; of several, the last one's.
-- $1 jobs json as for `enqueue`, with ord, $2 whether ids in history count as known (a re-send).
-- Returns ord and the holder of each job that took a place; each is an event. Holders of another queue, name or tenant
-- stay as they are.
-- Locks: the holders' rows in id order.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, queue text, name text, tenant text, class smallint, delay double precision, due double precision,
    ttl double precision, expires double precision, ukey text, ord integer, env text)
  where not exists (select from millrace.job j where j.id = s.id)
    and not ($2::boolean and (exists (select from millrace.finished h where h.id = s.id)
      or exists (select from millrace.dead h where h.id = s.id)))
), h as materialized (
  select j.id, j.ukey, j.queue, j.name, j.tenant, j.class from millrace.job j
  where j.ukey = any(array(select ukey from s)) and j.state in (0, 2)
  order by j.id
  for update
), m as materialized (
  select s.*, h.id as job, h.class as was
  from s join h on h.ukey = s.ukey and h.queue = s.queue and h.name = s.name and h.tenant = s.tenant
), p as (
  select distinct on (job) * from m order by job, ord desc
), u as (
  update millrace.job j
  set class = p.class, env = p.env, snooze_note = null,
    run_at = case when p.due is null then millrace.store_now() + millrace.span(p.delay)
      else greatest(millrace.store_now(), timestamptz 'epoch' + millrace.span(p.due)) end,
    expires_at = case when p.ttl is null then timestamptz 'epoch' + millrace.span(p.expires)
      else millrace.store_now() + millrace.span(p.ttl) end
  from p where j.id = p.job
  returning j.id, j.queue, j.class, p.was
), d as (
  select json_build_array(millrace.queue_scope(u.queue, v.class), 'queued', sum(v.n)) as delta
  from u cross join lateral (values (u.was, -1), (u.class, 1)) v(class, n)
  group by u.queue, v.class having sum(v.n) <> 0
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'replaced', array_agg(m.job order by m.ord),
    coalesce((select json_agg(delta) from d)::text, '[]')
  from m having count(*) > 0
)
select m.ord, m.job::text from m
