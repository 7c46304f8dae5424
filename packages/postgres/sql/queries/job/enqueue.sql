-- enqueue: adds jobs, and counts those with a parent into its fork. $1 jobs json, $2 whether this is a re-send, whose
-- journal row `unsend` writes. Returns the ids created; ids already live are left alone, and of
-- an id met twice the first job is taken.
-- Locks: new job rows in id order, then forks by parent.
with s as materialized (
  select * from rows from (json_to_recordset($1::json) as (
    id uuid, queue text, name text, tenant text, class smallint, delay double precision,
    rescues integer, run uuid, parent uuid, env text)) with ordinality as s
), i as (
  insert into millrace.job (id, queue, name, tenant, class, run_at, created_at, max_rescues, run, parent, env)
  select id, queue, name, tenant, class, millrace.store_now() + millrace.span(delay), millrace.store_now(),
    rescues, run, parent, env
  from s order by id, ordinality
  on conflict (id) do nothing
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
select id::text from i
