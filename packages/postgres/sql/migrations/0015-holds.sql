-- 0015-holds: limits held for the whole fleet, why jobs were put off, and whose word capacities are.

-- One row a limit: it is held until then. Workers ask for what is in force, and start no job under it.
create table millrace.hold (
  key text collate "C" primary key,
  until timestamptz not null,
  reason text,
  held_by text
) with (fillfactor = 70);
create index hold_until on millrace.hold (until);

-- json {token, limit, reason}: why the last attempt put the job off. It holds while `token` is the one settled last and the job
-- is no suspect: workers of earlier versions, which know nothing of it, end it so by whatever they settle.
alter table millrace.job add column snooze_note text;

-- Whose word a queue's capacities are: operator, configuration, or nobody's that is known. Programs of earlier versions set theirs
-- whatever it says.
alter table millrace.queue_setting add column source text collate "C";
