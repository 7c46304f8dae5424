-- has-purge: whether the rows of a removed run are to be deleted now. Returns one row where they are.
select 1 as found from millrace.removed_run d where d.due_at <= millrace.store_now() limit 1
