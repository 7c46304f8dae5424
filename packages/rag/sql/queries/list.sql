-- list: collections by name, with what they hold. $1 name, or null for all.
select c.name, c.model, c.dimensions, floor(extract(epoch from c.created_at) * 1000)::bigint::text as created,
  count(d.source)::text as documents, coalesce(sum(d.pages), 0)::text as pages,
  coalesce(sum(d.passages), 0)::text as passages
from millrace.collection c left join millrace.document d on d.collection = c.id
where $1::text is null or c.name = $1
group by c.id
order by c.name
