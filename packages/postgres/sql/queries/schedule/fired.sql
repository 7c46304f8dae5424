-- fired: how schedules stand after their fires. $1 json [{id, next, last, jobs, recent}] (times in ms).
-- Locks: none that `lock` has not taken.
update millrace.schedule s
set next_fire = timestamptz 'epoch' + millrace.span(f.next), last_fire = timestamptz 'epoch' + millrace.span(f.last),
  jobs = array(select value::uuid from json_array_elements_text(f.jobs) with ordinality j(value, ord) order by j.ord),
  recent = f.recent
from json_to_recordset($1::json)
  as f(id text, next double precision, last double precision, jobs json, recent text)
where s.id = f.id
