-- claim-solo: takes one due suspect under a lease of its own.
-- $1 wants json [{queue, max, names, classes, one}], $2 lease, $3 worker, $4 lease in ms. Returns what `claimed` says.
-- `one` is always 1, and no want's max is above the inner limit: both only tell the planner how little is coming,
-- or a long queue makes the estimate high enough for every claim to be compiled first (14 ms, measured).
-- Locks: the picked job rows, skipping locked ones. Tokens are drawn after the rows are locked.
with w as materialized (
  select * from json_to_recordset($1::json) as w(queue text, max integer, names text[], classes smallint[], one integer)
  where w.one = 1 and w.queue <> all(array(select p.queue from millrace.queue_setting p where p.paused))
), p as materialized (
  select q.id
  from w cross join lateral (
    select t.id
    from unnest(w.classes) c(class) cross join lateral (
      select j.id from millrace.job j
      where j.queue = w.queue and j.class = c.class and j.state = 0 and j.suspect and j.run_at <= millrace.store_now()
        and j.name = any(w.names) and (j.expires_at is null or j.expires_at > millrace.store_now())
      order by j.run_at, j.id
      limit 10000
      for update skip locked
    ) t
    limit w.max
  ) q
  limit 1
),
-- include claimed
