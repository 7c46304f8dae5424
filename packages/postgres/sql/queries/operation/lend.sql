-- lend: gives an operation to one process for a time. $1 id, $2 ms. Locks: its row.
update millrace.operation set turn = turn + 1, due_at = millrace.store_now() + millrace.span($2::double precision)
where id = $1::uuid
