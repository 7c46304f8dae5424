-- put: holds limits, or lets them go. $1 json [{key, for, reason, by, shorten}] (`for` in ms; 0 lets go), each key once.
-- A hold in force is replaced by one that ends later, or that may shorten it; else it stays as it is.
-- Returns what is in force then: key, until and what is left of it, in ms, reason, who.
-- Locks: the limits' rows, by key.
with s as materialized (
  select * from json_to_recordset($1::json) as s(key text, "for" double precision, reason text, by text, shorten boolean)
), x as (
  delete from millrace.hold h
  where h.key = any(array(
    select o.key from millrace.hold o
    where o.key in (select s.key from s where s."for" = 0)
    order by o.key
    for update))
)
insert into millrace.hold as h (key, until, reason, held_by)
select s.key, millrace.store_now() + millrace.span(s."for"), s.reason, s.by
from s where s."for" > 0
order by s.key collate "C"
on conflict (key) do update
set (until, reason, held_by) = (
  select w.until, w.reason, w.held_by
  from (values
    (true, excluded.until, excluded.reason, excluded.held_by),
    (false, h.until, h.reason, h.held_by)
  ) w(is_new, until, reason, held_by)
  where w.is_new = (h.until <= millrace.store_now() or excluded.until > h.until
    or exists (select from s where s.key = h.key and s.shorten))
)
returning h.key, millrace.ms(h.until)::text as until,
  greatest(millrace.ms(h.until) - millrace.ms(millrace.store_now()), 1)::text as left, h.reason, h.held_by as by
