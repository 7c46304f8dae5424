-- 0003-lineage-and-extractions: how documents were made, and the extracted text they were made of.
-- extractor: version of the document type that read it. lineage: json. Both null in rows of older versions.
alter table millrace.document add column extractor text, add column lineage text;

-- body: deflated json of an extracted document. It is named by content: one text serves every collection.
create table millrace.extraction (
  hash text collate "C" not null,
  format text collate "C" not null,
  version text collate "C" not null,
  pages integer not null,
  body bytea not null,
  saved_at timestamptz not null default now(),
  primary key (hash, format, version)
);
-- It is deflated already.
alter table millrace.extraction alter column body set storage external;
