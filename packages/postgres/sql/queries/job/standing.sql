-- standing: where jobs are that a verb did not find where it looked. $1 ids uuid[]. Returns id, live, and the ordering
-- key of one queued behind another of it.
select j.id::text, true as live, case j.state when 2 then j.ordering_key end as ordering_key
from millrace.job j where j.id = any($1::uuid[])
union all
select h.id::text, false, null from millrace.finished h where h.id = any($1::uuid[])
union all
select h.id::text, false, null from millrace.dead h where h.id = any($1::uuid[])
