-- among: some keys of a step's ledger, by key. $1 run, $2 step, $3 states text[] (null for any), $4 keys text[],
-- $5 after (null: from the start), $6 limit. Of a removed run none. Fetches each key by itself: the ledger may be a thousand times as long.
-- include item
from (select distinct key from unnest($4::text[]) u(key)) k
cross join lateral (
  select * from millrace.item i where i.run = $1::uuid and i.step = $2 and i.key = k.key limit 1
) i
where ($3::text[] is null or i.state = any($3)) and ($5::text is null or i.key > $5)
  and (select d.run from millrace.removed_run d where d.run = $1::uuid) is null
order by i.key limit $6
