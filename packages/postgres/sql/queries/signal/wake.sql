-- wake: tells idle workers of jobs on these queues. $1 channel, $2 queues text[], $3 whether the transaction is this
-- statement alone: nothing of it has to reach the disk then. Returns how many queues were told.
-- Runs after the jobs' commit, in a snapshot of its own (in a caller's transaction: with it). NOTIFY makes commits wait
-- for each other, so it is never part of an enqueue, and sent only where somebody listens.
select count(pg_notify($1::text, t.queue))::integer as told,
  set_config('synchronous_commit', case when $3::boolean then 'off' else current_setting('synchronous_commit') end, true)
from (
  select distinct l.queue from millrace.listener l
  where l.queue = any($2::text[]) and l.until > millrace.store_now()
) t
