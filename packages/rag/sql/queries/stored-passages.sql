-- stored-passages: a document's passages in order, without their vectors. $1 collection id, $2 source.
select p.id::text, p.ordinal, p.page_start, p.page_end, p.start_at, p.end_at, p.tokens, p.heading_path, p.body,
  p.metadata::text as metadata
from millrace.passage p where p.collection = $1::integer and p.source = $2::text order by p.ordinal
