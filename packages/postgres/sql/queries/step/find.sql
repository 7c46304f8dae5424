-- find: the steps of a run by name. $1 run, $2 states text[] (null for any), $3 after (null: from the start), $4 limit. Of a
-- removed run none. A page begins where the index has it: nothing lies between a name and the name with the least character.
-- include step
from millrace.step t
where t.run = $1::uuid and ($2::text[] is null or t.state = any($2)) and t.step >= coalesce($3::text || chr(1), '')
  and (select d.run from millrace.removed_run d where d.run = $1::uuid) is null
order by t.step limit $4
