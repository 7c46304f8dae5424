-- keep: has the unique keys of jobs just added stay taken. $1 json [{ukey, id, keep}] (keep in ms), $2 whether jobs whose
-- id is in history are passed over: `unsend` takes those of a re-send back, and what goes keeps no key.
-- Returns the ids that got their key; another one's that is not over yet stays as it is. Locks: the key rows, by key.
insert into millrace.kept_key as k (ukey, job, until)
select s.ukey, s.id, millrace.store_now() + millrace.span(s.keep)
from json_to_recordset($1::json) as s(ukey text, id uuid, keep double precision)
where not ($2::boolean and (exists (select from millrace.finished h where h.id = s.id)
  or exists (select from millrace.dead h where h.id = s.id)))
order by s.ukey collate "C"
on conflict (ukey) do update set job = excluded.job, until = excluded.until where k.until <= millrace.store_now()
returning k.job::text as id
