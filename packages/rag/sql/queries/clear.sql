-- clear: removes the pages and passages of sources whose document rows this transaction holds: a statement of its
-- own, whose snapshot sees what a writer before it committed. $1 collection id, $2 sources text[]. The collection comes
-- with each source, so that old statistics of it cannot make its sources look few.
with s as materialized (
  select $1::integer as collection, source from unnest($2::text[]) u(source)
  limit (select cardinality($2::text[]))
), g as (
  delete from millrace.page p using s where p.collection = s.collection and p.source = s.source
)
delete from millrace.passage p using s where p.collection = s.collection and p.source = s.source
