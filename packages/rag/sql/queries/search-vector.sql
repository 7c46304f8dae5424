-- search-vector: the nearest passages and items by cosine distance, exact, ties by id. $1 collection id, $2 vector as
-- text, $3 limit, $4 source, $5 prefix of sources, $6 conditions json (null: any). Returns kind, id, score.
select kind, id, case when distance = 'NaN' then 0 else 1 - distance end as score
from (
  (select 'passage' as kind, p.id::text collate "C" as id, p.embedding <=> $2::text::vector as distance
  from millrace.passage p
  where p.collection = $1::integer and ($4::text is null or p.source = $4::text)
    and ($5::text is null or starts_with(p.source, $5::text))
    and ($6::jsonb is null or millrace.metadata_meets(p.metadata, $6::jsonb))
  order by distance, p.id
  limit $3::integer)
  union all
  (select 'item', i.id, i.embedding <=> $2::text::vector as distance
  from millrace.collection_item i
  where i.collection = $1::integer and ($4::text is null or i.id = $4::text)
    and ($5::text is null or starts_with(i.id, $5::text))
    and ($6::jsonb is null or millrace.metadata_meets(i.metadata, $6::jsonb))
  order by distance, i.id
  limit $3::integer)
) h
order by score desc, id, kind
limit $3::integer
