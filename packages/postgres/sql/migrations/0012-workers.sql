-- 0012-workers: who is at work, and since when jobs are held.

-- until: how long the worker's last word holds. Unlogged: after a crash those that live give it again.
create unlogged table millrace.worker (
  id uuid primary key,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  until timestamptz not null,
  pid integer not null,
  concurrency integer not null,
  running integer not null,
  draining boolean not null,
  name text collate "C" not null,
  host text not null,
  version text not null,
  queues text[] not null,
  names text[] not null,
  classes smallint[] not null
) with (fillfactor = 50);

-- since: when the claim was; not known of leases that are held while this runs.
alter table millrace.lease add column since timestamptz;
alter table millrace.lease alter column since set default millrace.store_now();
