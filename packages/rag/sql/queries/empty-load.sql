-- empty-load: makes room for the next batch of the same transaction.
truncate pg_temp.item_load_bytea
