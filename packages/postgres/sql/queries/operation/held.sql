-- held: the operation whose page is to take effect, if it is still the turn's. $1 id, $2 turn. Locks: its row.
-- include operation
from millrace.operation o
where o.id = $1::uuid and o.turn = $2 and o.state = 'running'
for update
