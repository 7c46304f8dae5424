-- delete: forgets finished jobs that are not live again. $1 ids uuid[]. Returns id and tenant of each.
-- Locks: the history rows.
with a as (
  delete from millrace.finished h
  where h.id = any($1::uuid[]) and not exists (select 1 from millrace.job j where j.id = h.id)
  returning h.id, h.tenant
), b as (
  delete from millrace.dead h
  where h.id = any($1::uuid[]) and not exists (select 1 from millrace.job j where j.id = h.id)
  returning h.id, h.tenant
), u as (
  select distinct on (t.id) t.* from (select * from a union all select * from b) t order by t.id
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'deleted', array_agg(id), '[]' from u having count(*) > 0
)
select id::text, tenant from u
