-- index-state: how an index of ours is doing. $1 schema, $2 name. Returns ready, and building (false: what an
-- interrupted build left).
select x.indisvalid as ready, exists(
  select from pg_stat_progress_create_index b where b.index_relid = x.indexrelid
) as building
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace
where n.nspname = $1::text and i.relname = $2::text
