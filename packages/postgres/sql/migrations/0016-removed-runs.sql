-- 0016-removed-runs: finished runs by age, and runs of which nobody knows any more while their rows are still being deleted.
-- Workers of earlier versions delete none, and show what is left of them to whoever has their ids.

create index run_age on millrace.run (state, finished_at, id) where finished_at is not null;

-- step, key: the ledger is deleted up to there. due_at: when somebody is to go on.
create table millrace.removed_run (
  run uuid primary key,
  step text collate "C" not null default '',
  key text collate "C" not null default '',
  due_at timestamptz not null
) with (fillfactor = 50);
create index removed_run_due on millrace.removed_run (due_at, run);
