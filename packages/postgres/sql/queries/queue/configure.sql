-- configure: changes what is set for a queue. $1 queue, $2 paused, null to leave it, $3 whether to set the capacity,
-- $4 capacity, null for none, $5 whether to set each class's capacity boolean[], $6 those capacities integer[], $7 whose word the
-- capacities are: operator, configuration, nobody, or null to leave it. Where an operator's word stands a configuration's
-- changes none of them.
-- Locks: the queue's row.
insert into millrace.queue_setting as q (queue, paused, capacity, capacities, source)
values ($1, coalesce($2::boolean, false), $4::integer, $6::integer[], nullif($7::text, 'nobody'))
on conflict (queue) do update
set paused = coalesce($2::boolean, q.paused),
  capacity = case when not $3::boolean or (q.source, $7::text) = ('operator', 'configuration') then q.capacity
    else $4::integer end,
  capacities = case when (q.source, $7::text) = ('operator', 'configuration') then q.capacities else (
    select array_agg(case when c.sets then c.value else q.capacities[c.at] end order by c.at)
    from unnest($5::boolean[], $6::integer[]) with ordinality c(sets, value, at)
  ) end,
  source = case when $7::text is null or (q.source, $7::text) = ('operator', 'configuration') then q.source
    else nullif($7::text, 'nobody') end
