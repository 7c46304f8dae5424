-- recent: what was added to counters of queues in the last minutes, folded or not. $1 prefix of their scopes, ending in
-- a colon, $2 minutes. The minute in which that time begins counts by the part of it that lies within.
with t as materialized (
  select extract(epoch from millrace.store_now()) / 60 as now
), w as materialized (
  select floor(now)::bigint - $2::integer as first, 1 - (now - floor(now)) as share from t
)
select m.scope, m.name,
  sum(m.n * case when m.minute = w.first then w.share else 1 end)::double precision::text as value
from w cross join lateral (
  select c.minute, c.scope, c.name, c.value as n
  from millrace.counter_minute c
  where c.minute >= w.first and c.scope >= $1 and c.scope < left($1, -1) || ';'
  union all
  select floor(extract(epoch from j.at) / 60)::bigint, e.value ->> 0, e.value ->> 1, (e.value ->> 2)::bigint
  from millrace.journal j cross join lateral jsonb_array_elements(j.delta::jsonb) e
  where j.pos is null and starts_with(e.value ->> 0, 'queue:') and starts_with(e.value ->> 0, $1)
    and e.value ->> 1 not in ('queued', 'running', 'waiting')
) m
where m.minute >= w.first
group by m.scope, m.name
having sum(m.n) <> 0
