-- drop-some: removes so many rows of each kind of a retired collection. $1 id, $2 limit. Returns how many were removed.
with d as (
  delete from millrace.document where ctid = any(array(
    select ctid from millrace.document where collection = $1::integer limit $2::integer)) returning 1
), g as (
  delete from millrace.page where ctid = any(array(
    select ctid from millrace.page where collection = $1::integer limit $2::integer)) returning 1
), p as (
  delete from millrace.passage where ctid = any(array(
    select ctid from millrace.passage where collection = $1::integer limit $2::integer)) returning 1
), i as (
  delete from millrace.collection_item where ctid = any(array(
    select ctid from millrace.collection_item where collection = $1::integer limit $2::integer)) returning 1
)
select ((select count(*) from d) + (select count(*) from g) + (select count(*) from p) + (select count(*) from i))::integer
  as removed
