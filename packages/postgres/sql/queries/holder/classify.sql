-- classify: why holder writes did not match. $1 ids uuid[].
-- Returns per job: its current and last settled token and last write number; ended generations as settled tokens.
select j.id::text, j.token::text, j.settled::text, j.write from millrace.job j where j.id = any($1::uuid[])
union all
select h.id::text, '0', h.token::text, 0 from millrace.finished h where h.id = any($1::uuid[])
union all
select h.id::text, '0', h.token::text, 0 from millrace.dead h where h.id = any($1::uuid[])
