-- delete: forgets the logs of jobs that are forgotten. $1 ids uuid[]. Runs in the transaction that forgets them.
-- Locks: the matched rows.
delete from millrace.job_log l where l.job = any($1::uuid[])
