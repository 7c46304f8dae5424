-- find: a step's ledger by key. $1 run, $2 step, $3 states text[] (null for any), $4 after (null: from the start),
-- $5 limit. Of a removed run none. A page begins where the index has it: nothing lies between a key and the key with the least character.
-- include item
from millrace.item i
where i.run = $1::uuid and i.step = $2 and ($3::text[] is null or i.state = any($3))
  and i.key >= coalesce($4::text || chr(1), '')
  and (select d.run from millrace.removed_run d where d.run = $1::uuid) is null
order by i.key limit $5
