-- counters: folded and unfolded counts in one snapshot. $1 scopes text[], $2 prefixes text[] of scopes, each ending in a colon.
-- Both stand in selects of their own: a plan made for their values looks cheaper than the common one, is not, and would be
-- made anew for every call.
with asked as (select $1::text[] as scopes, $2::text[] as prefixes)
select m.scope, m.name, sum(m.n)::text as value
from (
  select c.scope, c.name, c.value as n from millrace.counter c where c.scope = any((select scopes from asked)::text[])
  union all
  select c.scope, c.name, c.value
  from unnest((select prefixes from asked)) p(prefix)
    join millrace.counter c on c.scope >= p.prefix and c.scope < left(p.prefix, -1) || ';'
  union all
  select e.value ->> 0, e.value ->> 1, (e.value ->> 2)::bigint
  from millrace.journal j cross join lateral jsonb_array_elements(j.delta::jsonb) e
  where j.pos is null and (e.value ->> 0 = any((select scopes from asked)::text[])
    or e.value ->> 0 ^@ any((select prefixes from asked)::text[]))
) m
group by m.scope, m.name
having sum(m.n) <> 0
