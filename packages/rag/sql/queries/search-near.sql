-- search-near: the nearest passages and items by the collection's HNSW indexes, so nearly all of the nearest. The
-- indexes' numbers are put in the place of 7 (collection id) and 1024 (dimensions). $1 vector as text, $2 limit.
select kind, id, case when distance = 'NaN' then 0 else 1 - distance end as score
from (
  (select 'passage' as kind, p.id::text collate "C" as id,
    p.embedding::vector(1024) <=> $1::text::vector(1024) as distance
  from millrace.passage p
  where p.collection = 7
  order by p.embedding::vector(1024) <=> $1::text::vector(1024)
  limit $2::integer)
  union all
  (select 'item', i.id, i.embedding::vector(1024) <=> $1::text::vector(1024) as distance
  from millrace.collection_item i
  where i.collection = 7
  order by i.embedding::vector(1024) <=> $1::text::vector(1024)
  limit $2::integer)
) h
order by score desc, id, kind
limit $2::integer
