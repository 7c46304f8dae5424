-- events: what happened to jobs, by position. $1 after which row (null: the floor), $2 and which entry of it, $3 limit.
-- Returns the floor and the last row there is, with each entry of journal rows; entries without an id are no events.
-- Rows may hold a thousand jobs each: no more of them are read and taken apart than the page may need.
-- An entry of a job that is kept nowhere any more has no names.
with m as materialized (
  select coalesce(max(f.pos), 0) as pos, coalesce(max(f.index), 0) as index from millrace.event_floor f
), a as materialized (
  select coalesce($1::bigint, m.pos) as pos, coalesce($2::integer, m.index) as index from m
), r as materialized (
  select j.pos, j.at, j.kind, j.ids from millrace.journal j
  where j.pos >= (select pos from a)
  order by j.pos limit least($3::integer + 1, 100)
), c as (
  select r.*, sum(case r.kind when 'items' then 1 else cardinality(r.ids) end)
    over (order by r.pos rows between unbounded preceding and 1 preceding) as before
  from r
), e as materialized (
  select c.pos, coalesce(t.index, 0)::integer as index, c.at, c.kind, t.id
  from c left join lateral unnest(c.ids) with ordinality t(id, index) on c.kind <> 'items'
  where coalesce(c.before, 0) <= $3::integer + (select index from a) and (c.pos, coalesce(t.index, 0)) > (select pos, index from a)
  order by 1, 2 limit $3::integer
)
select m.pos::text as floor, m.index as floor_index,
  greatest(m.pos, (select max(j.pos) from millrace.journal j))::text as last,
  e.pos::text as row, e.index, e.kind, e.id::text, millrace.ms(e.at)::text as at, n.name, n.queue, n.tenant
from m left join e on true left join lateral (
  select j.name, j.queue, j.tenant from millrace.job j where j.id = e.id
  union all
  select h.name, h.queue, h.tenant from millrace.finished h where h.id = e.id
  union all
  select h.name, h.queue, h.tenant from millrace.dead h where h.id = e.id
  limit 1
) n on true
order by e.pos, e.index
