-- search-text: passages and items that have all of a web search's words, best ts_rank first, ties by id. 'simple' is
-- replaced by the collection's language. $1 collection id, $2 words, $3 limit, $4 source, $5 prefix of sources,
-- $6 conditions json (null: any). Returns kind, id, score.
select kind, id, score
from (
  (select 'passage' as kind, p.id::text collate "C" as id,
    ts_rank(to_tsvector('simple'::regconfig, p.body), websearch_to_tsquery('simple'::regconfig, $2::text), 1) as score
  from millrace.passage p
  where p.collection = $1::integer
    and to_tsvector('simple'::regconfig, p.body) @@ websearch_to_tsquery('simple'::regconfig, $2::text)
    and ($4::text is null or p.source = $4::text)
    and ($5::text is null or starts_with(p.source, $5::text))
    and ($6::jsonb is null or millrace.metadata_meets(p.metadata, $6::jsonb))
  order by score desc, p.id
  limit $3::integer)
  union all
  (select 'item', i.id,
    ts_rank(to_tsvector('simple'::regconfig, i.body), websearch_to_tsquery('simple'::regconfig, $2::text), 1) as score
  from millrace.collection_item i
  where i.collection = $1::integer
    and to_tsvector('simple'::regconfig, i.body) @@ websearch_to_tsquery('simple'::regconfig, $2::text)
    and ($4::text is null or i.id = $4::text)
    and ($5::text is null or starts_with(i.id, $5::text))
    and ($6::jsonb is null or millrace.metadata_meets(i.metadata, $6::jsonb))
  order by score desc, i.id
  limit $3::integer)
) h
order by score desc, id, kind
limit $3::integer
