-- behind-documents: sources whose document another collection lacks, or has of another version. $1 collection id,
-- $2 the other's id, $3 model, $4 the other's model (with which a document's pipeline ends), $5 after (null: from the
-- start), $6 limit.
select d.source
from millrace.document d
left join millrace.document s on s.collection = $2::integer and s.source = d.source
where d.collection = $1::integer and d.source >= coalesce($5::text || chr(1), '')
  and (s.source is null or s.hash <> d.hash or s.pipeline <> case
    when right(d.pipeline, length($3::text) + 1) = ' ' || $3::text
      then left(d.pipeline, length(d.pipeline) - length($3::text)) || $4::text
    else d.pipeline end)
order by d.source
limit $6::integer
