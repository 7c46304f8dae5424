-- clear: removes the pages and passages of sources whose document rows this transaction holds: a statement of its
-- own, whose snapshot sees what a writer before it committed. $1 collection id, $2 sources text[].
with g as (
  delete from millrace.page p where p.collection = $1 and p.source = any($2::text[])
)
delete from millrace.passage p where p.collection = $1 and p.source = any($2::text[])
