-- holders: why jobs were not added. $1 json [{ord, id, ukey}], $2 whether ids in history count (a re-send).
-- Returns per job: its ord, whether its id is known, and the job that holds its unique key or has it kept.
-- The limit lets the planner expect 10 rows, not 100: see complete.
select s.ord,
  exists (select from millrace.job j where j.id = s.id)
    or $2::boolean and (exists (select from millrace.finished h where h.id = s.id)
      or exists (select from millrace.dead h where h.id = s.id)) as known,
  coalesce(
    (select j.id from millrace.job j where j.ukey = s.ukey),
    (select k.job from millrace.kept_key k where k.ukey = s.ukey and k.until > millrace.store_now())
  )::text as holder
from (
  select * from json_to_recordset($1::json) as s(ord integer, id uuid, ukey text)
  limit (select json_array_length($1::json))
) s
