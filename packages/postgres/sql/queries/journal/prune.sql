-- prune: forgets folded journal rows older than $1 ms, looking only at the oldest 1000, and notes how far it came;
-- forgets minutes of counters after 25 hours.
-- Locks: the forgotten rows, then the event floor.
with o as (
  select seq, pos, at from millrace.journal order by seq limit 1000
), g as (
  delete from millrace.journal j using o
  where j.seq = o.seq and o.pos is not null and o.at < millrace.store_now() - millrace.span($1::double precision)
  returning j.pos, case j.kind when 'items' then 0 else cardinality(j.ids) end as index
), m as (
  delete from millrace.counter_minute c
  where c.minute < floor(extract(epoch from millrace.store_now() - interval '25 hours') / 60)::bigint
)
insert into millrace.event_floor (pos, index)
select pos, index from g order by pos desc limit 1
on conflict (one) do update set pos = excluded.pos, index = excluded.index
where event_floor.pos < excluded.pos
