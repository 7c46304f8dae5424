-- 0006-listeners: which idle workers want to be told of new jobs. Unlogged: after a crash nobody listens any more.

create unlogged table millrace.listener (
  worker text collate "C" not null,
  queue text collate "C" not null,
  until timestamptz not null,
  primary key (worker, queue)
) with (fillfactor = 50);
