-- keep: has the unique keys of jobs just added stay taken. $1 json [{ukey, id, keep}] (keep in ms).
-- Returns the ids that got their key; another one's that is not over yet stays as it is. Locks: the key rows, by key.
insert into millrace.kept_key as k (ukey, job, until)
select s.ukey, s.id, millrace.store_now() + millrace.span(s.keep)
from json_to_recordset($1::json) as s(ukey text, id uuid, keep double precision)
order by s.ukey collate "C"
on conflict (ukey) do update set job = excluded.job, until = excluded.until where k.until <= millrace.store_now()
returning k.job::text as id
