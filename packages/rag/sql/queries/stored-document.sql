-- stored-document: a document's row. $1 collection id, $2 source.
select d.source, d.hash, d.pipeline, d.format, d.engine, d.bytes::text, d.extract_ms, d.lineage
from millrace.document d where d.collection = $1::integer and d.source = $2::text
