-- read: a tenant's chain in its order. $1 tenant, $2 after which place, $3 limit.
-- include audited
from millrace.audit a
where a.tenant = $1 and a.n > $2::bigint
order by a.n limit $3
