-- claim: takes due jobs, by class, then due time, then id, under one new lease; suspects stay, and so
-- do expired jobs and those of paused queues.
-- $1 wants json [{queue, max, names, classes, floors, one}] (`floors`: by class, due times in ms before which there is nothing
-- to look at, null: none), $2 lease, $3 worker, $4 lease in ms. Returns what `claimed` says.
-- `one` is always 1, and no want's max is above the inner limit: both only tell the planner how little is coming,
-- or a long queue makes the estimate high enough for every claim to be compiled first (14 ms, measured).
-- Locks: the picked job rows, skipping locked ones. Tokens are drawn after the rows are locked.
with w as materialized (
  select * from json_to_recordset($1::json) as w(
    queue text, max integer, names text[], classes smallint[], floors double precision[], one integer)
  where w.one = 1 and w.queue <> all(array(select p.queue from millrace.queue_setting p where p.paused))
), p as materialized (
  select q.id
  from w cross join lateral (
    select t.id
    from unnest(w.classes, w.floors) c(class, floor) cross join lateral (
      select j.id from millrace.job j
      where j.queue = w.queue and j.class = c.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
        and j.run_at >= coalesce(timestamptz 'epoch' + millrace.span(c.floor), '-infinity')
        and j.name = any(w.names) and (j.expires_at is null or j.expires_at > millrace.store_now())
      order by j.run_at, j.id
      limit 10000
      for update skip locked
    ) t
    limit w.max
  ) q
),
-- include claimed
