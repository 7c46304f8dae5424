-- backlog: the store's now, journal rows that nobody has folded, dead letters, and live workers. $1 where counts stop.
-- Returns one row; ages in ms.
select millrace.ms(t.now)::text as now,
  (select count(*) from (select from millrace.journal j where j.pos is null limit $1::integer) x)::integer as unfolded,
  (select millrace.ms(t.now) - millrace.ms(j.at) from millrace.journal j where j.pos is null order by j.seq limit 1)::text
    as unfolded_age,
  (select count(*) from (select from millrace.dead d order by d.finished_at limit $1::integer) x)::integer as dead,
  (select millrace.ms(t.now) - millrace.ms(d.finished_at) from millrace.dead d order by d.finished_at limit 1)::text
    as dead_age,
  (select count(*) from millrace.worker w where w.until > t.now)::integer as workers
from (select millrace.store_now() as now) t
