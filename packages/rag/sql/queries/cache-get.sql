-- cache-get: vectors by key; what was last used over a day ago is used now. $1 keys bytea[].
with u as (
  update millrace.embedding_cache set used_at = now()
  where key = any(array(
    select key from millrace.embedding_cache
    where key = any($1::bytea[]) and used_at < now() - interval '1 day'
    order by key for update skip locked))
)
select key, embedding from millrace.embedding_cache where key = any($1::bytea[])
