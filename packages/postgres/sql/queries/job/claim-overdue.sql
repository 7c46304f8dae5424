-- claim-overdue: as claim, but some places of each want go first to jobs past the wait their class should have at most,
-- those most overdue in relation to it first.
-- $1 wants json [{queue, max, names, classes, one}], $2 lease, $3 worker, $4 lease in ms, $5 places of each want that may
-- go to overdue jobs, $6 targets in ms double precision[] by class. Returns what `claimed` says.
-- Locks: the picked job rows and overdue ones that were not picked in the end, skipping locked ones. Tokens are drawn
-- after the rows are locked.
with w as materialized (
  select * from json_to_recordset($1::json) as w(queue text, max integer, names text[], classes smallint[], one integer)
  where w.one = 1 and w.queue <> all(array(select p.queue from millrace.queue_setting p where p.paused))
), o as materialized (
  select q.id, w.queue
  from w cross join lateral (
    select t.id
    from unnest(w.classes) c(class) cross join lateral (
      select i.id, i.run_at from (
        select j.id, j.run_at from millrace.job j
        where j.queue = w.queue and j.class = c.class and j.state = 0 and not j.suspect
          and j.run_at < millrace.store_now() - millrace.span(($6::double precision[])[c.class + 1])
          and j.name = any(w.names) and (j.expires_at is null or j.expires_at > millrace.store_now())
        order by j.run_at, j.id
        limit 10000
        for update skip locked
      ) i
      limit $5::integer
    ) t
    order by (millrace.ms(millrace.store_now()) - millrace.ms(t.run_at))::double precision
        / ($6::double precision[])[c.class + 1] desc,
      c.class, t.run_at, t.id
    limit least(w.max, $5::integer)
  ) q
), p as materialized (
  select o.id from o
  union all
  select q.id
  from w cross join lateral (
    select t.id
    from unnest(w.classes) c(class) cross join lateral (
      select j.id from millrace.job j
      where j.queue = w.queue and j.class = c.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
        and j.name = any(w.names) and (j.expires_at is null or j.expires_at > millrace.store_now())
        and j.id not in (select o.id from o)
      order by j.run_at, j.id
      limit 10000
      for update skip locked
    ) t
    limit w.max - (select count(*) from o where o.queue = w.queue)
  ) q
),
-- include claimed
