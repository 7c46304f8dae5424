-- 0002-keys: expiry, unique keys that outlive their job, ordering keys, settings of queues.
-- Live jobs have one more state: 2 queued behind another job of its ordering key. Workers of 0001 never claim one, and
-- never let the next one go either; a sweep does that for them.

-- key_queued: the job gives its unique key back when it is first claimed. line: place in the order of an ordering key.
alter table millrace.job
  add column key_queued boolean not null default false,
  add column line bigint;
create sequence millrace.line;
create index job_expiry on millrace.job (expires_at, id) where expires_at is not null and state in (0, 2);
create index job_behind on millrace.job (ordering_key, line) where state = 2;
create index job_head on millrace.job (ordering_key) where ordering_key is not null and state <> 2;

-- Unique keys that stay taken until then, whatever becomes of the job.
create table millrace.kept_key (
  ukey text collate "C" primary key,
  job uuid not null,
  until timestamptz not null
);
create index kept_key_until on millrace.kept_key (until);

-- Only queues somebody has set something for. capacities: by class, null where a class has none of its own.
create table millrace.queue_setting (
  queue text collate "C" primary key,
  paused boolean not null default false,
  capacity integer,
  capacities integer[] not null default array[null, null, null, null, null]::integer[]
);
