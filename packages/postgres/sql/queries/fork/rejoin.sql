-- rejoin: has children that live again count as unfinished in the forks of their parents, where those are live; as many
-- ends like theirs are taken back there. $1 json [{parent, children, completed}]: how many, and of them how many had
-- completed. Locks: the parents' job rows in id order, so that none ends meanwhile; then the forks.
with s as materialized (
  select * from json_to_recordset($1::json) as s(parent uuid, children integer, completed integer)
), k as materialized (
  select j.id from millrace.job j
  where j.id in (select parent from s)
  order by j.id
  for update
), fk as materialized (
  select f.* from millrace.fork f
  where f.parent in (select id from k)
  order by f.parent
  for update
), c as (
  select f.parent, f.pending + s.children as pending, greatest(f.failed - s.children + s.completed, 0) as failed,
    greatest(f.total - f.pending - f.failed - s.completed, 0) as completed
  from fk f join s on s.parent = f.parent
), u as (
  update millrace.fork f set pending = c.pending, failed = c.failed, total = c.pending + c.failed + c.completed
  from c where f.parent = c.parent
)
insert into millrace.fork (parent, pending, total)
select s.parent, s.children, s.children from s join k on k.id = s.parent
where s.parent not in (select parent from fk)
order by s.parent
on conflict (parent) do update set pending = fork.pending + excluded.pending, total = fork.total + excluded.total
