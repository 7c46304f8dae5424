-- stranded: active runs `r` whose coordinator is no longer live and that have no other live job either. Of a run's jobs it
-- asks for the first at or behind its id in the order of runs: that reads one entry of the index, however it is planned.
from millrace.run r
where r.state in ('starting', 'running', 'paused', 'cancelling')
  and (select j.id from millrace.job j where j.id = r.coordinator) is null
  and (select j.run from millrace.job j where j.run >= r.id order by j.run limit 1) is distinct from r.id
