-- remove: a collection with its documents, pages, passages and items, and what waits to take its place with them.
-- $1 name. Returns the ids of what there was.
with c as (
  delete from millrace.collection where name = $1::text or replaces = $1::text returning id
), d as (
  delete from millrace.document where collection in (select id from c)
), g as (
  delete from millrace.page where collection in (select id from c)
), p as (
  delete from millrace.passage where collection in (select id from c)
), i as (
  delete from millrace.collection_item where collection in (select id from c)
)
select id from c
