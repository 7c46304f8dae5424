-- 0011-operations: dead letters by group and by queue; bulk actions that are taken further page by page.

create index dead_group on millrace.dead (fingerprint, name, queue, finished_at, id);
create index dead_queue on millrace.dead (queue, finished_at);
create index dead_last on millrace.dead (finished_at, id);

-- filter, terms, problems: json. turn: counts the pages given out; a page takes effect only under the last one.
-- due_at: nobody is given a page before. cursor: the last job whose turn has come. canary: the first jobs, on whose end
-- the rest depends.
create table millrace.operation (
  id uuid primary key,
  action text collate "C" not null,
  state text collate "C" not null,
  filter text not null,
  terms text not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  finished_at timestamptz,
  turn integer not null default 0,
  cursor uuid,
  done bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  problems text not null default '[]',
  canary uuid[] not null default '{}',
  canary_passed boolean not null default false,
  error text
);
create index operation_due on millrace.operation (due_at, id) where state in ('running', 'canary');
