-- sources: documents' sources in order. $1 collection id, $2 after (null: from the start), $3 limit. A page begins where
-- the index has it: nothing lies between a source and the source with the least character.
select d.source from millrace.document d
where d.collection = $1 and d.source >= coalesce($2::text || chr(1), '')
order by d.source limit $3
