-- fence: checks holders' tokens and records their write. $1 writes json [{id, token, write, checkpoint, progress}], $2
-- whether the write number decides (not for the last write of an attempt). Returns the ids that hold.
-- Locks: the matched job rows in id order.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with s as materialized (
  select * from json_to_recordset($1::json) as s(id uuid, token bigint, write integer, checkpoint text, progress text)
  limit (select json_array_length($1::json))
), k as materialized (
  select j.id, s.write, s.checkpoint, s.progress from s join millrace.job j on j.id = s.id and j.token = s.token
  order by j.id
  for update of j
)
update millrace.job j
set write = greatest(j.write, k.write), checkpoint = coalesce(k.checkpoint, j.checkpoint),
  progress = coalesce(k.progress, j.progress)
from k
where j.id = k.id and (j.write < k.write or not $2::boolean)
returning j.id::text
