-- age: notes how much of each chain's beginning is old enough to go. $1 least age in ms, $2 limit of records.
-- Returns tenant, n and hash of the last record of each that goes. Runs under the lock of audit/lock. The last record of a
-- chain stays whatever its age, and an old one stays where a younger one stands before it: each chain is read from its
-- beginning to the first record that is young. Locks: the chains whose beginning goes.
with r as materialized (
  select c.tenant, c.pruned_n, coalesce(y.n - 1, c.most) as until
  from (
    select h.tenant, h.pruned_n, least(h.n - 1, h.pruned_n + $2::bigint) as most
    from millrace.audit_chain h where h.n > h.pruned_n + 1
  ) c left join lateral (
    select a.n from millrace.audit a
    where a.tenant = c.tenant and a.n > c.pruned_n and a.n <= c.most
      and a.at > millrace.store_now() - millrace.span($1::double precision)
    order by a.n limit 1
  ) y on true
), b as materialized (
  select r.tenant, r.pruned_n, least(r.until, r.pruned_n + greatest($2::bigint - coalesce(sum(r.until - r.pruned_n)
    over (order by r.tenant rows between unbounded preceding and 1 preceding), 0), 0))::bigint as until
  from r
)
update millrace.audit_chain c set pruned_n = a.n, pruned_hash = a.hash
from b join millrace.audit a on a.tenant = b.tenant and a.n = b.until
where c.tenant = b.tenant and b.until > b.pruned_n
returning c.tenant, c.pruned_n::text as n, encode(c.pruned_hash, 'hex') as hash
