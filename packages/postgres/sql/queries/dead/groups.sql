-- groups: dead letters that failed alike, by fingerprint, name and queue. $1 queue, $2 name, $3 tenant, $4 fingerprint (each
-- null for any), $5 … $7 after which fingerprint, name and queue (null for the first page), $8 limit. Reads an index in its
-- order: a page costs what its groups hold.
with g as materialized (
  select d.fingerprint, d.name, d.queue, count(*) as count, min(d.finished_at) as first, max(d.finished_at) as last
  from millrace.dead d
  where d.fingerprint is not null and ($1::text is null or d.queue = $1) and ($2::text is null or d.name = $2)
    and ($3::text is null or d.tenant = $3) and ($4::text is null or d.fingerprint = $4)
    and (d.fingerprint, d.name, d.queue) > (coalesce($5::text, ''), coalesce($6::text, ''), coalesce($7::text, ''))
  group by d.fingerprint, d.name, d.queue
  order by d.fingerprint, d.name, d.queue
  limit $8
)
select g.fingerprint, g.name, g.queue, g.count::text, millrace.ms(g.first)::text as first,
  millrace.ms(g.last)::text as last, s.id::text, s.records
from g cross join lateral (
  select d.id, d.records from millrace.dead d
  where d.fingerprint = g.fingerprint and d.name = g.name and d.queue = g.queue
    and ($3::text is null or d.tenant = $3)
  order by d.finished_at desc, d.id desc limit 1
) s
order by g.fingerprint, g.name, g.queue
