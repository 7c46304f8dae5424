-- clean-up: removes finished runs by age, oldest first, then by id, as `remove` does; those with live jobs stay. $1 least age in
-- ms, $2 states text[], $3 limit, $4 lock key (null: none). Returns id and tenant of each, none where another process has the
-- lock. Each state is read along its index, and rows are deleted by place, so that the cost is that of the runs removed.
-- Locks: an advisory lock, then the run rows, skipping locked ones.
with k as materialized (
  select $4::bigint is null or pg_try_advisory_xact_lock($4::bigint) as ok
), l as materialized (
  select t.place from unnest($2::text[]) s(state) cross join lateral (
    select r.ctid as place, r.id, r.finished_at from millrace.run r
    where r.state = s.state and r.finished_at <= millrace.store_now() - millrace.span($1::double precision)
      and (select ok from k)
      and not exists (select 1 from millrace.job j where j.run = r.id)
    order by r.finished_at, r.id limit $3
    for update skip locked
  ) t
  order by t.finished_at, t.id limit $3
), x as (
  delete from millrace.run r where r.ctid = any(array(select place from l))
  returning r.id, r.tenant
), m as (
  insert into millrace.removed_run (run, due_at) select id, millrace.store_now() from x
)
select id::text, tenant from x
