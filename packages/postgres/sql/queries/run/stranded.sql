-- stranded: runs that nobody drives any more, oldest first; those somebody else is at are left out. $1 limit.
-- Locks: the run rows.
select r.id::text, r.state, r.tenant, r.definition, r.coordinator::text
-- include stranded
order by r.id limit $1::integer
for update of r skip locked
