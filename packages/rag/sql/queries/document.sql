-- document: writes documents' rows and removes the passages their sources had. $1 collection id, $2 documents json.
-- Locks: the document rows in source order, so that two writers of a source take turns.
with s as materialized (
  select * from json_to_recordset($2::json) as s(
    source text, hash text, pipeline text, format text, engine text, bytes bigint, pages integer, passages integer,
    extract_ms integer)
), d as (
  insert into millrace.document (collection, source, hash, pipeline, format, engine, bytes, pages, passages,
    extract_ms, indexed_at)
  select $1::integer, source, hash, pipeline, format, engine, bytes, pages, passages, extract_ms, now()
  from s order by source
  on conflict (collection, source) do update
  set hash = excluded.hash, pipeline = excluded.pipeline, format = excluded.format, engine = excluded.engine,
    bytes = excluded.bytes, pages = excluded.pages, passages = excluded.passages,
    extract_ms = excluded.extract_ms, indexed_at = excluded.indexed_at
)
delete from millrace.passage p where p.collection = $1::integer and p.source in (select source from s)
