-- prune: forgets holds that are over, at most 1000. Locks: their rows, skipping locked ones.
delete from millrace.hold
where key = any(array(
  select h.key from millrace.hold h
  where h.until <= millrace.store_now()
  order by h.until limit 1000
  for update skip locked))
