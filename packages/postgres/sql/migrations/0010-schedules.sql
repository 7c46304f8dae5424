-- 0010-schedules: what fires when. Workers of earlier versions do not look here, and fire nothing.

-- next_fire: null where it never fires again. jobs: those it has made that were live at its last fire, oldest first.
-- definition: opaque. recent: json, what became of its last fires, newest first.
create table millrace.schedule (
  id text collate "C" primary key,
  tenant text collate "C" not null,
  definition text not null,
  revision integer not null default 1,
  paused boolean not null default false,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  next_fire timestamptz,
  last_fire timestamptz,
  jobs uuid[] not null default '{}',
  recent text not null default '[]'
) with (fillfactor = 50);
create index schedule_due on millrace.schedule (next_fire, id) where not paused;
