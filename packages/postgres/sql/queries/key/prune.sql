-- prune: forgets unique keys that were kept long enough, at most 1000. Locks: their rows, skipping locked ones.
delete from millrace.kept_key
where ukey = any(array(
  select k.ukey from millrace.kept_key k
  where k.until <= millrace.store_now()
  order by k.until limit 1000
  for update skip locked))
