-- append: writes records of what a transaction does, in it. $1 tenants text[], $2 types text[], $3 resource types text[],
-- $4 resource ids text[] (null: several, or none), $5 and $6 the halves of their canonical texts text[], between which the
-- ms of the store's clock stand. They have no place in a chain yet. Locks: none.
insert into millrace.audit (tenant, at, type, resource_type, resource_id, text)
select e.tenant, date_trunc('milliseconds', millrace.store_now()), e.type, e.resource_type, e.resource_id,
  e.head || millrace.ms(millrace.store_now()) || e.tail
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
  e(tenant, type, resource_type, resource_id, head, tail, place)
order by e.place
