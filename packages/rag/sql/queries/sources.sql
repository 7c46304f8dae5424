-- sources: documents' sources in order. $1 collection id, $2 after (null: from the start), $3 limit.
select d.source from millrace.document d
where d.collection = $1 and ($2::text is null or d.source > $2)
order by d.source limit $3
