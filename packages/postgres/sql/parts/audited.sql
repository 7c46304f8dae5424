-- audited: a row of the audit `a` as the port shows it.
select a.seq::text, a.tenant, a.type, a.resource_type, a.resource_id, millrace.ms(a.at)::text as at, a.text,
  a.n::text, encode(a.previous, 'hex') as previous, encode(a.hash, 'hex') as hash
