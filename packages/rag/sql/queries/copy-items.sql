-- copy-items: takes a batch of items. The kind of vectors is put in the place of bytea.
copy pg_temp.item_load_bytea (id, body, metadata, embedding) from stdin with (format binary)
