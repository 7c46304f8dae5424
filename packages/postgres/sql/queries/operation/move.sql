-- move: how an operation stands now. $1 id, $2 state, $3 whether that is its end, $4 done, $5 skipped, $6 failed,
-- $7 problems json, $8 canary uuid[], $9 whether the canary has passed, $10 error, $11 rest in ms, $12 cursor (null: as it
-- was). Locks: its row.
update millrace.operation
set state = $2, finished_at = case when $3::boolean then millrace.store_now() end, done = $4::bigint,
  skipped = $5::bigint, failed = $6::bigint, problems = $7, canary = $8::uuid[], canary_passed = $9::boolean,
  error = $10, due_at = millrace.store_now() + millrace.span($11::double precision), cursor = coalesce($12::uuid, cursor)
where id = $1::uuid
