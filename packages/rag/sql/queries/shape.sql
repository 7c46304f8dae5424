-- shape: a collection's id, how it is embedded, in which language its texts are read, and whether its HNSW indexes are
-- there. $1 name, $2 schema.
select c.id, c.model, c.dimensions, c.language,
  (select count(*) from pg_index x join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace
    where x.indisvalid and n.nspname = $2::text and i.relname in ('passage_near_' || c.id, 'item_near_' || c.id)) = 2 as near
from millrace.collection c where c.name = $1::text
