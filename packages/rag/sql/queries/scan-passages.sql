-- scan-passages: ids and vectors of a collection's passages in id order, for the exact scan without pgvector.
-- $1 collection id, $2 after (null: from the start), $3 limit, $4 source, $5 prefix of sources, $6 conditions json.
select p.id::text, p.embedding from millrace.passage p
where p.collection = $1::integer and p.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
  and ($4::text is null or p.source = $4::text)
  and ($5::text is null or starts_with(p.source, $5::text))
  and ($6::jsonb is null or millrace.metadata_meets(p.metadata, $6::jsonb))
order by p.id limit $3::integer
