-- prune: deletes the records that audit/age has noted as let go of. $1 tenants text[], $2 last places bigint[].
-- Returns how many. Locks: those records.
with g as (
  delete from millrace.audit a using unnest($1::text[], $2::bigint[]) p(tenant, n)
  where a.tenant = p.tenant and a.n <= p.n
  returning a.seq
)
select count(*)::integer as pruned from g
