-- list: collections by name, with what they hold; those that wait to take another's place only by their name.
-- $1 name, or null for all.
select c.name, c.model, c.dimensions, c.language, floor(extract(epoch from c.created_at) * 1000)::bigint::text as created,
  coalesce(d.documents, 0)::text as documents, coalesce(d.pages, 0)::text as pages,
  coalesce(d.passages, 0)::text as passages,
  (select count(*) from millrace.collection_item i where i.collection = c.id)::text as items
from millrace.collection c
left join lateral (
  select count(*) as documents, sum(d.pages) as pages, sum(d.passages) as passages
  from millrace.document d where d.collection = c.id
) d on true
where case when $1::text is null then c.replaces is null else c.name = $1::text end
order by c.name
