-- canary: how the jobs of a canary stand. $1 ids uuid[]. Returns how many are live, and how many have completed.
select
  (select count(*)::integer from millrace.job j where j.id = any($1::uuid[])) as live,
  (
    select count(distinct h.id)::integer from millrace.finished h
    where h.id = any($1::uuid[]) and h.state = 4 and not exists (select 1 from millrace.job j where j.id = h.id)
  ) as completed
