-- scan: ids and vectors of a collection in id order, for the exact scan without pgvector. $1 collection id,
-- $2 after (null: from the start), $3 limit.
select p.id::text, p.embedding from millrace.passage p
where p.collection = $1 and ($2::uuid is null or p.id > $2::uuid)
order by p.id limit $3
