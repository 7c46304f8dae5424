-- scan: ids and vectors of a collection in id order, for the exact scan without pgvector. $1 collection id,
-- $2 after (null: from the start), $3 limit.
select p.id::text, p.embedding from millrace.passage p
where p.collection = $1 and p.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
order by p.id limit $3
