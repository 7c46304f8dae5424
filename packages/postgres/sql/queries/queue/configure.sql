-- configure: changes what is set for a queue. $1 queue, $2 paused, null to leave it, $3 whether to set the capacity,
-- $4 capacity, null for none, $5 whether to set each class's capacity boolean[], $6 those capacities integer[].
-- Locks: the queue's row.
insert into millrace.queue_setting as q (queue, paused, capacity, capacities)
values ($1, coalesce($2::boolean, false), $4::integer, $6::integer[])
on conflict (queue) do update
set paused = coalesce($2::boolean, q.paused),
  capacity = case when $3::boolean then $4::integer else q.capacity end,
  capacities = (
    select array_agg(case when c.sets then c.value else q.capacities[c.at] end order by c.at)
    from unnest($5::boolean[], $6::integer[]) with ordinality c(sets, value, at)
  )
