-- 0001-first: live jobs, history, leases, forks, the journal and its counters, runs and their item ledger.
-- Columns for unique keys, ordering, expiry and cancel are here already; the verbs that use them come later.

-- The one clock of every decision. Tests replace this function to stop or move time.
create function millrace.store_now() returns timestamptz language sql stable as 'select now()';

create function millrace.ms(at timestamptz) returns bigint language sql immutable parallel safe
  as 'select floor(extract(epoch from at) * 1000)::bigint';

create function millrace.span(ms double precision) returns interval language sql immutable parallel safe
  as 'select ms * interval ''1 millisecond''';

-- The counter scope of a queue and class.
create function millrace.queue_scope(queue text, class smallint) returns text language sql immutable parallel safe
  as $$ select 'queue:' || queue || ':' || (array['critical', 'high', 'default', 'low', 'bulk'])[class + 1] $$;

create sequence millrace.token;
create sequence millrace.journal_pos;

-- Live jobs only. state: 0 queued, 1 running, 3 waiting. token: 0 while nobody holds the job.
-- settled: the token of the last applied settlement. crashes: rescues from a lease held alone.
create table millrace.job (
  id uuid primary key,
  token bigint not null default 0,
  settled bigint not null default 0,
  run_at timestamptz not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  lease uuid,
  parent uuid,
  run uuid,
  write integer not null default 0,
  generation integer not null default 1,
  attempts integer not null default 0,
  interruptions integer not null default 0,
  snoozes integer not null default 0,
  rescues integer not null default 0,
  crashes integer not null default 0,
  max_rescues integer not null,
  class smallint not null,
  state smallint not null default 0,
  suspect boolean not null default false,
  retrying boolean not null default false,
  cancelling boolean not null default false,
  queue text collate "C" not null,
  name text collate "C" not null,
  tenant text collate "C" not null,
  ukey text collate "C",
  ordering_key text collate "C",
  env text not null,
  checkpoint text,
  records text not null default ''
) with (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05
);
create index job_ready on millrace.job (queue, class, run_at, id) where state = 0 and not suspect;
create index job_suspect on millrace.job (queue, class, run_at, id) where state = 0 and suspect;
create index job_parent on millrace.job (parent) where parent is not null;
create index job_run on millrace.job (run) where run is not null;
create unique index job_ukey on millrace.job (ukey) where ukey is not null;

-- History. state: 4 completed, 6 cancelled, 7 expired (finished); 5 dead. token: of the settlement that ended it.
create table millrace.finished (
  id uuid not null,
  generation integer not null,
  token bigint not null,
  created_at timestamptz not null,
  run_at timestamptz not null,
  finished_at timestamptz not null,
  parent uuid,
  run uuid,
  attempts integer not null,
  interruptions integer not null,
  snoozes integer not null,
  rescues integer not null,
  max_rescues integer not null,
  class smallint not null,
  state smallint not null,
  queue text collate "C" not null,
  name text collate "C" not null,
  tenant text collate "C" not null,
  fingerprint text collate "C",
  env text not null,
  checkpoint text,
  records text not null
) partition by range (finished_at);
create table millrace.finished_default partition of millrace.finished default;
create index finished_id on millrace.finished (id, generation);

create table millrace.dead (like millrace.finished, primary key (id, generation));
create index dead_fingerprint on millrace.dead (fingerprint, id);
create index dead_parent on millrace.dead (parent) where parent is not null;

-- One row per claim batch; carries only its deadline and the jobs it covers.
create table millrace.lease (
  id uuid primary key,
  worker text not null,
  until timestamptz not null,
  solo boolean not null,
  ids uuid[] not null
);
create index lease_until on millrace.lease (until, id);

-- A parent's unfinished children. waiting: the parent sleeps until pending <= wake_at.
create table millrace.fork (
  parent uuid primary key,
  pending integer not null,
  failed integer not null default 0,
  wake_at integer not null default 0,
  waiting boolean not null default false,
  policy smallint not null default 0
);

-- One row per writing statement. delta: json [[scope, name, n], ...]. pos: given by fold, after commit.
create table millrace.journal (
  seq bigint generated always as identity primary key,
  pos bigint unique,
  at timestamptz not null,
  kind text not null,
  ids uuid[] not null,
  delta text not null
);
create index journal_unnumbered on millrace.journal (seq) where pos is null;

create table millrace.counter (
  scope text collate "C" not null,
  name text collate "C" not null,
  value bigint not null,
  primary key (scope, name)
) with (fillfactor = 70);

-- state as text: one of model/run.ts.
create table millrace.run (
  id uuid primary key,
  definition text collate "C" not null,
  instance text collate "C" not null,
  tenant text collate "C" not null,
  state text collate "C" not null,
  coordinator uuid not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  params text not null,
  result text,
  error text
);
create unique index run_active on millrace.run (definition, instance, tenant)
  where state in ('starting', 'running', 'paused', 'cancelling');
create index run_instance on millrace.run (definition, instance, tenant, id);

create table millrace.item (
  run uuid not null,
  step text collate "C" not null,
  key text collate "C" not null,
  state text collate "C" not null,
  stage text,
  error_class text,
  reason text,
  message text,
  tally text,
  job uuid not null,
  at timestamptz not null,
  primary key (run, step, key)
) with (fillfactor = 90);
create index item_unhappy on millrace.item (run, step, state, key) where state <> 'done';
