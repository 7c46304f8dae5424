-- standing: where jobs are that a verb did not find where it looked. $1 ids uuid[]. Returns id and live.
select j.id::text, true as live from millrace.job j where j.id = any($1::uuid[])
union all
select h.id::text, false from millrace.finished h where h.id = any($1::uuid[])
union all
select h.id::text, false from millrace.dead h where h.id = any($1::uuid[])
