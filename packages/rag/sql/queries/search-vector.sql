-- search-vector: the nearest passages by cosine distance, exact. $1 collection id, $2 vector as text, $3 limit.
select p.id::text, p.source, p.page_start, p.page_end, p.start_at, p.end_at, p.heading_path, p.body,
  1 - (p.embedding <=> $2::text::vector) as score
from millrace.passage p
where p.collection = $1
order by p.embedding <=> $2::text::vector, p.id
limit $3
