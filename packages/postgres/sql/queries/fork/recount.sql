-- recount: counts the live children of jobs that live again. $1 parents uuid[].
-- Locks: the children's job rows in id order, so that none ends uncounted; then the forks by parent.
with c as materialized (
  select j.id, j.parent from millrace.job j
  where j.parent = any($1::uuid[])
  order by j.id
  for update
)
insert into millrace.fork (parent, pending, total)
select parent, count(*), count(*) from c group by parent order by parent
on conflict (parent) do update set
  pending = excluded.pending, total = excluded.total, failed = 0, policy = 0, wake_at = 0, waiting = false
