-- clock: what time it is, whether any schedule is due, and when the next other one is.
select millrace.ms(c.now)::text as now,
  exists (select from millrace.schedule s where not s.paused and s.next_fire <= c.now) as due,
  (
    select millrace.ms(s.next_fire)::text from millrace.schedule s
    where not s.paused and s.next_fire > c.now
    order by s.next_fire, s.id limit 1
  ) as next
from (select millrace.store_now() as now) c
