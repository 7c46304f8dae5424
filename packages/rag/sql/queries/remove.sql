-- remove: a collection with its documents, pages and passages. $1 name. Returns the name where there was one.
with c as (
  delete from millrace.collection where name = $1 returning id, name
), d as (
  delete from millrace.document where collection = (select id from c)
), g as (
  delete from millrace.page where collection = (select id from c)
), p as (
  delete from millrace.passage where collection = (select id from c)
)
select name from c
