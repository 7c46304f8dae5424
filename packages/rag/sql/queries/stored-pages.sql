-- stored-pages: a document's pages in order. $1 collection id, $2 source.
select number, body as text from millrace.page where collection = $1::integer and source = $2::text order by number
