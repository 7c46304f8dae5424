-- promote: lets the first job of each ordering key go that has none in front of it. $1 keys text[].
-- Runs under the keys' locks (`lock`). Locks: the matched job rows.
update millrace.job j
set state = 0
where j.state = 2 and j.id = any(array(
  select n.id
  from unnest($1::text[]) k(key) cross join lateral (
    select b.id from millrace.job b where b.ordering_key = k.key and b.state = 2 order by b.line limit 1
  ) n
  where not exists (select from millrace.job h where h.ordering_key = k.key and h.state <> 2)
))
