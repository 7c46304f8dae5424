-- start: adds an operation, due at once. $1 id, $2 action, $3 filter json, $4 terms json. Returns its id unless it is known.
insert into millrace.operation (id, action, state, filter, terms, created_at, due_at)
values ($1::uuid, $2, 'running', $3, $4, millrace.store_now(), millrace.store_now())
on conflict (id) do nothing
returning id::text
