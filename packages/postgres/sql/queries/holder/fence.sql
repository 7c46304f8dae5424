-- fence: checks holders' tokens and records their write. $1 ids uuid[], $2 tokens bigint[], $3 writes json
-- [{id, token, write, checkpoint, progress}], $4 whether the write number decides (not for the last write of an attempt).
-- Returns the ids that hold. Locks: the matched job rows.
with s as materialized (
  select * from json_to_recordset($3::json) as s(id uuid, token bigint, write integer, checkpoint text, progress text)
), k as materialized (
  select j.id from millrace.job j
  where j.id = any($1::uuid[]) and j.token = any($2::bigint[])
  order by j.id
  for update
)
update millrace.job j
set write = greatest(j.write, s.write), checkpoint = coalesce(s.checkpoint, j.checkpoint),
  progress = coalesce(s.progress, j.progress)
from s join k on k.id = s.id
where j.id = any($1::uuid[]) and j.id = s.id and j.token = s.token and (j.write < s.write or not $4::boolean)
returning j.id::text
