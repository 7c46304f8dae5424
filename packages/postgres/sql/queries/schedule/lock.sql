-- lock: takes schedules that are still as their firers have read them, for the rest of the transaction. $1 fires json
-- [{id, created, revision, due}] (times in ms; due null: by hand, paused or not).
-- Returns each with the store's time. Locks: the schedules' rows, by id; one that somebody else has is left out.
with f as materialized (
  select f.id collate "C" as id, f.created, f.revision, f.due
  from json_to_recordset($1::json) as f(id text, created double precision, revision integer, due double precision)
)
select millrace.ms(millrace.store_now())::text as now,
-- include schedule
from millrace.schedule s join f on f.id = s.id
where millrace.ms(s.created_at) = f.created and s.revision = f.revision
  and (f.due is null or (not s.paused and millrace.ms(s.next_fire) = f.due))
order by s.id
for update of s skip locked
