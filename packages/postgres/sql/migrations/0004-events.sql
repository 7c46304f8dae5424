-- 0004-events: how far the journal has been pruned, and what was counted in each of the last minutes.

-- At most one row: the end of the last journal row forgotten, as an event position. What is before it is gone.
create table millrace.event_floor (
  one boolean primary key default true check (one),
  pos bigint not null,
  index integer not null
);

-- Sums of the deltas of queue scopes by minute of the store's clock (since the epoch), without those of states.
create table millrace.counter_minute (
  minute bigint not null,
  scope text collate "C" not null,
  name text collate "C" not null,
  value bigint not null,
  primary key (minute, scope, name)
) with (fillfactor = 70);
