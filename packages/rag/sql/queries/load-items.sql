-- load-items: where a batch of items stands before it is written; a session keeps it, each transaction finds it empty.
-- The kind of vectors is put in the place of bytea.
create temporary table if not exists item_load_bytea (
  id text collate "C" not null, body text, metadata jsonb, embedding bytea not null
) on commit delete rows
