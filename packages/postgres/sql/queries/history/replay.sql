-- replay: moves finished jobs back among the live ones, as their next generation. $1 ids uuid[], $2 record, $3 json of
-- the envelopes that some of them get, by id.
-- Returns id, tenant, parent, and whether it had completed. Of several ends of one id, the latest. A job that is live already stays.
-- Jobs of runs go on from their checkpoints: these say what of their work has been counted.
-- Locks: the history rows in id order, then the new job rows.
with a as materialized (
  select h.* from millrace.finished h where h.id = any($1::uuid[]) order by h.id for update
), b as materialized (
  select h.* from millrace.dead h where h.id = any($1::uuid[]) order by h.id for update
), l as materialized (
  select distinct on (u.id) u.*
  from (select a.*, false as died from a union all select b.*, true from b) u
  order by u.id, u.finished_at desc, u.generation desc
), v as materialized (
  select n.key::uuid as id, n.value as env from json_each_text($3::json) n
), i as (
  insert into millrace.job (id, settled, run_at, created_at, parent, run, generation, max_rescues, class, queue, name,
    tenant, env, checkpoint, records)
  select l.id, token, millrace.store_now(), created_at, parent, run, generation + 1, max_rescues, class, queue, name,
    tenant, coalesce(v.env, l.env), case when l.run is not null then l.checkpoint end,
    records || case records when '' then '' else chr(10) end || millrace.ms(millrace.store_now()) || ' ' || $2
  from l left join v on v.id = l.id order by l.id
  on conflict (id) do nothing
  returning id, parent, queue, class
), x as (
  delete from millrace.finished h using l, i
  where not l.died and i.id = l.id and h.id = l.id and h.generation = l.generation and h.finished_at = l.finished_at
), y as (
  delete from millrace.dead h using l, i
  where l.died and i.id = l.id and h.id = l.id and h.generation = l.generation
), d as (
  select json_build_array(millrace.queue_scope(queue, class), 'queued', count(*)) as delta
  from i group by queue, class
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'replayed', (select array_agg(id) from i), json_agg(delta)::text
  from d having count(*) > 0
)
select i.id::text, l.tenant, i.parent::text, l.state = 4 as completed from i join l on l.id = i.id
