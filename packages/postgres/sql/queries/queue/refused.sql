-- refused: counts jobs their queues had no room for. $1 delta json [[scope, name, n], ...].
insert into millrace.journal (at, kind, ids, delta)
values (millrace.store_now(), 'refused', '{}', $1)
