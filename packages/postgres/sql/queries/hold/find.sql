-- find: holds in force, by key. $1 keys text[] (null for any), $2 after which key (null for the first page), $3 limit.
-- Returns as `put`.
select h.key, millrace.ms(h.until)::text as until,
  greatest(millrace.ms(h.until) - millrace.ms(millrace.store_now()), 1)::text as left, h.reason, h.held_by as by
from millrace.hold h
where h.until > millrace.store_now() and ($1::text[] is null or h.key = any($1))
  and ($2::text is null or h.key > $2)
order by h.key limit $3
