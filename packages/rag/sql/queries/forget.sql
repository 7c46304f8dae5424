-- forget: removes documents with their pages and passages. $1 collection id, $2 sources text[].
-- Returns the sources removed.
with p as (
  delete from millrace.passage where collection = $1 and source = any($2::text[])
), g as (
  delete from millrace.page where collection = $1 and source = any($2::text[])
)
delete from millrace.document where collection = $1 and source = any($2::text[]) returning source
