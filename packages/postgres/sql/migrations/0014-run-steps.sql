-- 0014-run-steps: how far the steps of runs are, what it takes to restart a run without its definition, and what it takes
-- to run an item again by itself. Workers of earlier versions know none of it and write none.

-- state as text: one of model/step.ts. starts: executions begun. started_at: of this execution. detail: opaque.
create table millrace.step (
  run uuid not null,
  step text collate "C" not null,
  state text collate "C" not null,
  starts integer not null,
  detail text not null,
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null,
  primary key (run, step)
) with (fillfactor = 50);

-- queue, class: of its chunks; null in runs that an earlier version opened. updated_at: its own moves alone, likewise.
alter table millrace.run
  add column queue text collate "C",
  add column class smallint,
  add column submitted_by text,
  add column correlation text,
  add column restarts integer not null default 0,
  add column updated_at timestamptz;

alter table millrace.item add column item text, add column output text;
