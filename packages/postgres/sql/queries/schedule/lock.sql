-- lock: takes schedules that are still as their firers have read them, for the rest of the transaction. $1 fires json
-- [{id, created, revision, due}] (times in ms; due null: by hand, paused or not).
-- Returns each with the store's time. Locks: the schedules' rows, by id; one that somebody else has is left out. A firer that is
-- frozen here must not keep all others from it: the server ends its transaction after 5 s without a statement.
with t as materialized (
  select set_config('idle_in_transaction_session_timeout', '5000', true) as idle
), f as materialized (
  select f.id collate "C" as id, f.created, f.revision, f.due
  from json_to_recordset($1::json) as f(id text, created double precision, revision integer, due double precision)
)
select millrace.ms(millrace.store_now())::text as now, t.idle,
-- include schedule
from millrace.schedule s join f on f.id = s.id cross join t
where millrace.ms(s.created_at) = f.created and s.revision = f.revision
  and (f.due is null or (not s.paused and millrace.ms(s.next_fire) = f.due))
order by s.id
for update of s skip locked
