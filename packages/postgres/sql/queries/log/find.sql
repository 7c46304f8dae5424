-- find: a job's log, oldest line first. $1 job, $2 generation and $3 seq of the last line given before, $4 limit.
select l.generation, l.seq, millrace.ms(l.at)::text as at, l.level, l.line
from millrace.job_log l
where l.job = $1::uuid and (l.generation, l.seq) > ($2::integer, $3::integer)
order by l.generation, l.seq
limit $4
