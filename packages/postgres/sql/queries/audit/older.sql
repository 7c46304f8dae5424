-- older: whether audit/age would find any record. $1 least age in ms.
select exists (
  select 1 from millrace.audit_chain c join millrace.audit a on a.tenant = c.tenant and a.n = c.pruned_n + 1
  where c.n > a.n and a.at <= millrace.store_now() - millrace.span($1::double precision)
) as more
