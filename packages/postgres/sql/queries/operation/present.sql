-- present: whether an operation is due; nearly always none is.
select exists (
  select 1 from millrace.operation o where o.state in ('running', 'canary') and o.due_at <= millrace.store_now()
) as present
