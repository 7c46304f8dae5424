-- count: the vectors of a collection. $1 collection id.
select (
  (select count(*) from millrace.passage where collection = $1::integer)
  + (select count(*) from millrace.collection_item where collection = $1::integer)
)::text as vectors
