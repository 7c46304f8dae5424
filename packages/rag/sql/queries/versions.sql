-- versions: what is known of sources. $1 collection id, $2 sources text[].
select d.source, d.hash, d.pipeline, d.pages, d.passages from millrace.document d
where d.collection = $1 and d.source = any($2::text[])
