-- idle: says on which queues a worker has nothing to do, and what it may be offered there.
-- $1 worker, $2 openings json [{queue, max, names, classes}], $3 for how long in ms, $4 the worker's channel, $5 lease of
-- an offer in ms. Returns now in ms.
-- Committed before the worker looks once more: a job enqueued in between is seen there, or its enqueuer sees this row.
-- Locks: the worker's rows in queue order.
with i as (
  insert into millrace.listener (worker, queue, until, channel, names, classes, places, offer_ms)
  select $1::text, o.queue, millrace.store_now() + millrace.span($3::double precision), $4::text, o.names, o.classes,
    o.max, $5::double precision
  from json_to_recordset($2::json) as o(queue text, max integer, names text[], classes smallint[])
  order by o.queue
  on conflict (worker, queue) do update set until = excluded.until, channel = excluded.channel, names = excluded.names,
    classes = excluded.classes, places = excluded.places, offer_ms = excluded.offer_ms
)
select millrace.ms(millrace.store_now())::text as now
