-- document: writes documents' rows. $1 collection id, $2 documents json.
-- Locks: the document rows in source order, so that two writers of a source take turns; `clear` comes next.
insert into millrace.document (collection, source, hash, pipeline, format, engine, bytes, pages, passages, extract_ms,
  indexed_at, extractor, lineage)
select $1::integer, source, hash, pipeline, format, engine, bytes, pages, passages, extract_ms, now(), extractor, lineage
from json_to_recordset($2::json) as s(
  source text, hash text, pipeline text, format text, engine text, bytes bigint, pages integer, passages integer,
  extract_ms integer, extractor text, lineage text)
order by source
on conflict (collection, source) do update
set hash = excluded.hash, pipeline = excluded.pipeline, format = excluded.format, engine = excluded.engine,
  bytes = excluded.bytes, pages = excluded.pages, passages = excluded.passages,
  extract_ms = excluded.extract_ms, indexed_at = excluded.indexed_at, extractor = excluded.extractor,
  lineage = excluded.lineage
