-- chains: how each tenant's chain stands. $1 tenant, null for all.
-- Tenants are found one after the other along the index of places too: a chain's own row may have been taken away.
with recursive t(tenant) as (
  (select a.tenant from millrace.audit a where a.n is not null order by a.tenant limit 1)
  union all
  select (select a.tenant from millrace.audit a where a.n is not null and a.tenant > t.tenant order by a.tenant limit 1)
  from t where t.tenant is not null
), p as (
  select a.tenant, count(*) as pending from millrace.audit a where a.n is null group by a.tenant
), k as (
  select t.tenant from t where t.tenant is not null
  union
  select c.tenant from millrace.audit_chain c
  union
  select p.tenant from p
)
select k.tenant, coalesce(c.n, 0)::text as n, encode(coalesce(c.hash, decode(repeat('00', 32), 'hex')), 'hex') as hash,
  coalesce(c.pruned_n, 0)::text as pruned_n,
  encode(coalesce(c.pruned_hash, decode(repeat('00', 32), 'hex')), 'hex') as pruned_hash,
  coalesce(p.pending, 0)::integer as pending
from k left join millrace.audit_chain c on c.tenant = k.tenant left join p on p.tenant = k.tenant
where $1::text is null or k.tenant = $1::text
order by k.tenant
