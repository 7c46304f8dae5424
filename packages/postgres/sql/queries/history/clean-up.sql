-- clean-up: forgets finished jobs by age, oldest first, then by id. $1 least age in ms, $2 states smallint[] of
-- `finished`, $3 whether dead letters too, $4 limit, $5 lock key (null: none). Returns id and tenant of each, none where
-- another process has the lock. Jobs that somebody may ask about stay. Each state is read along its index, so that the cost is that
-- of the rows removed, and of those that stay. Locks: an advisory lock, then the history rows, skipping locked ones.
with k as materialized (
  select $5::bigint is null or pg_try_advisory_xact_lock($5::bigint) as ok
), a as materialized (
  select t.id, t.generation, t.finished_at, t.tenant
  from unnest($2::smallint[]) s(state) cross join lateral (
    select h.id, h.generation, h.finished_at, h.tenant from millrace.finished h
    where h.state = s.state and h.finished_at <= millrace.store_now() - millrace.span($1::double precision)
      and (select ok from k)
      and
-- include kept
    order by h.finished_at, h.id limit $4
    for update skip locked
  ) t
), b as materialized (
  select h.id, h.generation, h.finished_at, h.tenant from millrace.dead h
  where $3::boolean and h.finished_at <= millrace.store_now() - millrace.span($1::double precision)
    and (select ok from k)
    and
-- include kept
  order by h.finished_at, h.id limit $4
  for update skip locked
), l as materialized (
  select u.* from (select a.*, false as died from a union all select b.*, true from b) u
  order by u.finished_at, u.id limit $4
), x as (
  delete from millrace.finished h using l
  where not l.died and h.id = l.id and h.generation = l.generation and h.finished_at = l.finished_at
), y as (
  delete from millrace.dead h using l where l.died and h.id = l.id and h.generation = l.generation
), e as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'deleted', array_agg(id), '[]' from l having count(*) > 0
)
select id::text, tenant from l
