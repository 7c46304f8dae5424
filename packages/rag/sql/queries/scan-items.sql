-- scan-items: ids and vectors of a collection's items in id order, for the exact scan without pgvector.
-- $1 collection id, $2 after (null: from the start), $3 limit, $4 id, $5 prefix of ids, $6 conditions json.
select i.id, i.embedding from millrace.collection_item i
where i.collection = $1::integer and ($2::text is null or i.id > $2::text)
  and ($4::text is null or i.id = $4::text)
  and ($5::text is null or starts_with(i.id, $5::text))
  and ($6::jsonb is null or millrace.metadata_meets(i.metadata, $6::jsonb))
order by i.id limit $3::integer
