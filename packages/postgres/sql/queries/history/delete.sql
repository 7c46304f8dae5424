-- delete: forgets finished jobs that are not live again. $1 ids uuid[]. Returns their ids.
-- Locks: the history rows.
with a as (
  delete from millrace.finished h
  where h.id = any($1::uuid[]) and not exists (select 1 from millrace.job j where j.id = h.id)
  returning h.id
), b as (
  delete from millrace.dead h
  where h.id = any($1::uuid[]) and not exists (select 1 from millrace.job j where j.id = h.id)
  returning h.id
), u as (
  select id from a union select id from b
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'deleted', array_agg(id), '[]' from u having count(*) > 0
)
select id::text from u
