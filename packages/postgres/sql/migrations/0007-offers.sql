-- 0007-offers: a lone job is claimed for an idle worker by whoever enqueues it, and sent along.

-- channel: the worker's own. names, classes: jobs it may be offered; places: how many more; offer_ms: their leases.
alter table millrace.listener
  add column channel text not null default '',
  add column names text[] not null default '{}',
  add column classes smallint[] not null default '{}',
  add column places integer not null default 0,
  add column offer_ms double precision not null default 0;

-- offered: claimed for a worker that has not said yet that it has it.
alter table millrace.lease add column offered boolean not null default false;
