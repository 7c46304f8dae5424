-- held: a schedule that is to change, of which nobody changes anything until the transaction ends. $1 id.
-- Locks: the schedule's row. Firers pass it over meanwhile; whoever is frozen here must not keep it from them: the server ends
-- the transaction after 5 s without a statement.
with t as materialized (
  select set_config('idle_in_transaction_session_timeout', '5000', true) as idle
)
select t.idle, s.id, s.tenant, s.definition, s.revision
from millrace.schedule s cross join t
where s.id = $1
for update of s
