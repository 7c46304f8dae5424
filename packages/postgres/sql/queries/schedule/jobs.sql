-- jobs: which of these jobs are live, and whether they are in line. $1 ids uuid[]. Takes no locks.
select j.id::text, j.state in (0, 2) as in_line from millrace.job j where j.id = any($1::uuid[])
