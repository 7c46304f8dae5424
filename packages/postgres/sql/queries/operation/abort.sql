-- abort: ends an operation before its time. $1 id, $2 why. Returns whether it did, and of what was aborted what it was: action,
-- filter json and state; no row where there is none.
-- Locks: its row, so that a page that is taking effect does so before.
with k as materialized (
  select o.id, o.state, o.action, o.filter from millrace.operation o where o.id = $1::uuid for update
), a as (
  update millrace.operation o set state = 'aborted', error = $2, finished_at = millrace.store_now()
  from k where o.id = k.id and k.state in ('running', 'canary')
  returning o.id
)
select exists (select 1 from a) as aborted, k.action, k.filter, k.state from k
