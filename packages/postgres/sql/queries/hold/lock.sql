-- lock: what is in force of these limits, which nobody holds otherwise until the transaction ends. $1 keys text[].
-- Returns as `put`. Locks: the limits' rows, by key, which are made, as over, where there are none.
with k as (
  insert into millrace.hold as h (key, until)
  select t.key, timestamptz 'epoch' from unnest($1::text[]) t(key) order by t.key collate "C"
  on conflict (key) do update set key = excluded.key
  returning h.key, h.until, h.reason, h.held_by
)
select k.key, millrace.ms(k.until)::text as until,
  greatest(millrace.ms(k.until) - millrace.ms(millrace.store_now()), 1)::text as left, k.reason, k.held_by as by
from k where k.until > millrace.store_now()
order by k.key
