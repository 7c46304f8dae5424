-- document-records: documents with how they were made, by source. $1 collection id, $2 after (null: from the start),
-- $3 limit. A page begins where the index has it: nothing lies between a source and the source with the least character.
select d.source, d.hash, d.pipeline, d.format, d.engine, d.bytes::text as bytes, d.pages, d.passages,
  floor(extract(epoch from d.indexed_at) * 1000)::bigint::text as indexed, d.lineage
from millrace.document d
where d.collection = $1::integer and d.source >= coalesce($2::text || chr(1), '')
order by d.source limit $3::integer
