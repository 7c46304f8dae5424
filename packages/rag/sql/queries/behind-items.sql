-- behind-items: items that another collection lacks, or has with another text or metadata. $1 collection id, $2 the
-- other's id, $3 after (null: from the start), $4 limit.
select i.id, i.body, i.metadata::text as metadata
from millrace.collection_item i
left join millrace.collection_item s on s.collection = $2::integer and s.id = i.id
where i.collection = $1::integer and ($3::text is null or i.id > $3::text)
  and (s.id is null or s.body is distinct from i.body or s.metadata is distinct from i.metadata)
order by i.id
limit $4::integer
