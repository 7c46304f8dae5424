-- due: schedules whose next fire is not after this time, earliest first. $1 time in ms, $2 limit.
select
-- include schedule
from millrace.schedule s
where not s.paused and s.next_fire <= timestamptz 'epoch' + millrace.span($1::double precision)
order by s.next_fire, s.id limit $2
