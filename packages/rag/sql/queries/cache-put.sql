-- cache-put: keeps vectors, and lets go of at most twice as many: the longest unused, where there are more than $3
-- entries or they were unused for $4 ms. $1 keys bytea[], $2 vectors bytea[] of as many. Work grows with what is put,
-- not with what there is. Locks: the new keys in order, then the size's row.
with n as (
  insert into millrace.embedding_cache (key, embedding)
  select key, embedding from unnest($1::bytea[], $2::bytea[]) u(key, embedding) order by key
  on conflict (key) do nothing
  returning 1
), old as (
  select key, used_at, row_number() over (order by used_at, key) as nth from (
    select key, used_at from millrace.embedding_cache
    order by used_at, key limit 2 * cardinality($1::bytea[]) for update skip locked
  ) o
), d as (
  delete from millrace.embedding_cache c using old
  where c.key = old.key and (
    old.used_at < now() - $4::double precision * interval '1 millisecond'
    or old.nth <= (select entries from millrace.embedding_cache_size) + (select count(*) from n) - $3::bigint)
  returning 1
)
update millrace.embedding_cache_size set entries = entries + (select count(*) from n) - (select count(*) from d)
