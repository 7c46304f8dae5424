-- rejoin: counts children that live again into the forks of their parents, where those are live.
-- $1 json [{parent, children}]. Locks: the parents' job rows in id order, so that none ends meanwhile; then the forks.
with s as materialized (
  select * from json_to_recordset($1::json) as s(parent uuid, children integer)
), k as materialized (
  select j.id from millrace.job j
  where j.id in (select parent from s)
  order by j.id
  for update
)
insert into millrace.fork (parent, pending)
select s.parent, s.children from s join k on k.id = s.parent order by s.parent
on conflict (parent) do update set pending = fork.pending + excluded.pending
