-- upsert-items: writes the loaded items of a collection, each id once. $1 collection id. Returns how many were new, and
-- how many took the place of another. Locks: the item rows in id order.
with written as (
  insert into millrace.collection_item (collection, id, body, metadata, embedding)
  select $1::integer, l.id, l.body, l.metadata, l.embedding from pg_temp.item_load_bytea l order by l.id
  on conflict (collection, id) do update
  set body = excluded.body, metadata = excluded.metadata, embedding = excluded.embedding
  returning xmax = 0 as is_new
)
select count(*) filter (where is_new)::integer as inserted, count(*) filter (where not is_new)::integer as updated
from written
