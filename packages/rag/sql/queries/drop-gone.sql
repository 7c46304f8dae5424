-- drop-gone: removes from a collection what another one does not have. $1 collection id, $2 the other's id.
with g as (
  select s.source from millrace.document s
  where s.collection = $1::integer
    and not exists (select from millrace.document d where d.collection = $2::integer and d.source = s.source)
), d as (
  delete from millrace.document where collection = $1::integer and source in (select source from g)
), p as (
  delete from millrace.page where collection = $1::integer and source in (select source from g)
), a as (
  delete from millrace.passage where collection = $1::integer and source in (select source from g)
)
delete from millrace.collection_item s
where s.collection = $1::integer
  and not exists (select from millrace.collection_item i where i.collection = $2::integer and i.id = s.id)
