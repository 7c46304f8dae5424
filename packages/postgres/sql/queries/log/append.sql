-- append: adds lines to the logs of held jobs, whose rows the transaction has locked, and drops all but the last
-- $2 lines of each generation. $1 json [{id, n, level, line, age}]: n numbers the lines of one write from 1, skipped ones
-- included; age in ms. Locks: the new and the dropped rows.
with s as materialized (
  select * from json_to_recordset($1::json) as s(id uuid, n integer, level text, line text, age double precision)
), b as materialized (
  select j.id, j.generation, coalesce(l.last, 0) as last
  from millrace.job j cross join lateral (
    select max(l.seq) as last from millrace.job_log l where l.job = j.id and l.generation = j.generation
  ) l
  where j.id in (select id from s)
), i as (
  insert into millrace.job_log (job, generation, seq, at, level, line)
  select b.id, b.generation, b.last + s.n, millrace.store_now() - millrace.span(s.age), s.level, s.line
  from s join b on b.id = s.id
), m as (
  select b.id, b.generation, b.last + max(s.n) as newest
  from s join b on b.id = s.id
  group by b.id, b.generation, b.last
)
delete from millrace.job_log l using m
where l.job = m.id and l.generation = m.generation and l.seq <= m.newest - $2::integer
