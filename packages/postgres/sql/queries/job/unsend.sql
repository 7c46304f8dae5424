-- unsend: takes back just re-sent jobs that had already finished, and journals those that stay. $1 ids uuid[].
-- Returns the ids taken back. Runs in the transaction of the enqueue: one statement would miss a job on its way from
-- live to history. Locks: the matched job rows.
with g as (
  delete from millrace.job j
  where j.id = any($1::uuid[])
    and (exists (select 1 from millrace.finished h where h.id = j.id)
      or exists (select 1 from millrace.dead h where h.id = j.id))
  returning j.id
), i as (
  select j.id, j.queue, j.class from millrace.job j
  where j.id = any($1::uuid[]) and j.id not in (select id from g)
), d as (
  select json_build_array(millrace.queue_scope(queue, class), 'queued', count(*)) as delta
  from i group by queue, class
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'enqueued', (select array_agg(id) from i), json_agg(delta)::text
  from d having count(*) > 0
)
select id::text from g
