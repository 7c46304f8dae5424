-- 0005-children: policies over children, the watch over parents that wait, progress and logs.

-- total: all children the parent has had. policy: 0 at most wake_at unfinished, 1 wait-all, 2 fail-fast, 3 quorum,
-- 4 tolerate. target: of a quorum the number, of tolerate the percentage. checked_at: when it began to wait, or was last
-- looked at by watch.
alter table millrace.fork
  add column total integer not null default 0,
  add column target double precision not null default 0,
  add column checked_at timestamptz not null default '-infinity';
update millrace.fork set total = pending + failed;
create index fork_waiting on millrace.fork (checked_at, parent) where waiting;

-- Whether a parent goes on waiting (0), goes on running (1), or never can (2).
create function millrace.fork_verdict(
  policy smallint, target double precision, wake_at integer, pending integer, failed integer, total integer
) returns integer language sql immutable parallel safe
  as $$
    select case policy
      when 2 then case when failed > 0 then 2 when pending <= 0 then 1 else 0 end
      when 3 then case when total - pending - failed >= target then 1 when total - failed < target then 2 else 0 end
      when 4 then case when failed * 100 > target * total then 2 when pending <= 0 then 1 else 0 end
      else case when pending <= wake_at then 1 else 0 end
    end
  $$;

-- progress: what the last write with progress left, opaque.
alter table millrace.job add column progress text;
alter table millrace.finished add column progress text;
alter table millrace.dead add column progress text;

-- Lines of a job's log. seq counts a generation's lines from 1, also those dropped since.
create table millrace.job_log (
  job uuid not null,
  generation integer not null,
  seq integer not null,
  at timestamptz not null,
  level text collate "C" not null,
  line text not null,
  primary key (job, generation, seq)
);
