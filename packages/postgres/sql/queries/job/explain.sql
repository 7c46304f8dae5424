-- explain: what bears on whether jobs run, all of one moment, of live jobs and of ended ones. $1 ids uuid[].
-- Of several ends of one id, the latest; what is live comes before. Returns a row per known job. Locks nothing.
-- Counts go along the indexes of claims and stop at 1,000 (MOST_COUNTED), children at 10 (MOST_NAMED), so that what a row
-- costs grows neither with the queue nor with history. The limits stand here as numbers: for one it does not know, the
-- planner takes a tenth of the table, and has the statement compiled first.
with t as materialized (
  select millrace.store_now() as now
), f as materialized (
  select distinct on (u.id) u.* from (
    select j.id, j.queue, j.name, j.class, j.state, j.attempts, j.rescues, j.generation, j.created_at, j.run_at,
      null::timestamptz as finished_at, j.expires_at, j.suspect, j.ordering_key, j.line, j.lease,
      case when j.cancelling then j.cancel_record end as cancel_record, j.records,
      case when j.state in (0, 2) and not j.suspect and (j.snooze_note::json->>'token')::bigint = j.settled
        then j.snooze_note::json end as note,
      case when j.state = 1 then 'running' when j.state = 3 then 'waiting' when j.run_at <= t.now then 'ready'
        when j.retrying then 'retrying' else 'scheduled' end as shown
    from millrace.job j cross join t where j.id = any($1::uuid[])
    union all
    select h.id, h.queue, h.name, h.class, h.state, h.attempts, h.rescues, h.generation, h.created_at, h.run_at,
      h.finished_at, null, false, null, null, null, null, h.records, null,
      case h.state when 4 then 'completed' when 6 then 'cancelled' else 'expired' end
    from millrace.finished h where h.id = any($1::uuid[])
    union all
    select h.id, h.queue, h.name, h.class, h.state, h.attempts, h.rescues, h.generation, h.created_at, h.run_at,
      h.finished_at, null, false, null, null, null, null, h.records, null, 'dead'
    from millrace.dead h where h.id = any($1::uuid[])
  ) u
  order by u.id, u.finished_at desc nulls first, u.generation desc
), r as materialized (
  select f.id from f cross join t
  where f.state = 0 and f.shown = 'ready' and not f.suspect and (f.expires_at is null or f.expires_at > t.now)
)
select f.id::text, millrace.ms(t.now)::text as now, f.queue, f.name, f.class, f.shown as state, f.attempts, f.rescues,
  millrace.ms(f.created_at)::text as created, millrace.ms(f.run_at)::text as due,
  millrace.ms(f.finished_at)::text as finished, millrace.ms(f.expires_at)::text as expires, f.suspect, f.records,
  f.cancel_record,
  exists (select from millrace.queue_setting q where q.queue = f.queue and q.paused) as paused,
  case when f.id in (select id from r) then (
    select count(*) from (
      select from millrace.job o
      where o.queue = f.queue and o.class = f.class and o.state = 0 and not o.suspect
        and (o.run_at, o.id) < (f.run_at, f.id) and (o.expires_at is null or o.expires_at > t.now)
      order by o.run_at, o.id limit 1000
    ) x
  )::integer end as in_class,
  case when f.id in (select id from r) then (
    select count(*) from (
      select from generate_series(0, f.class - 1) c(class) cross join lateral (
        select from millrace.job o
        where o.queue = f.queue and o.class = c.class and o.state = 0 and not o.suspect and o.run_at <= t.now
          and (o.expires_at is null or o.expires_at > t.now)
        order by o.run_at, o.id limit 1000
      ) y
      limit 1000
    ) x
  )::integer end as higher,
  case when f.state = 2 then (
    select h.id::text from millrace.job h where h.ordering_key = f.ordering_key and h.state <> 2 order by h.line limit 1
  ) end as line_first,
  case when f.state = 2 then (
    select count(*) from (
      (select from millrace.job h where h.ordering_key = f.ordering_key and h.state <> 2)
      union all
      (select from millrace.job b where b.ordering_key = f.ordering_key and b.state = 2 and b.line < f.line
       order by b.line limit 1000)
      limit 1000
    ) x
  )::integer end as line_ahead,
  f.note->>'limit' as limit, f.note->>'reason' as reason, f.note is not null as put_off,
  millrace.ms(h.until)::text as held_until, h.reason as held_reason,
  l.worker, millrace.ms(l.since)::text as since, millrace.ms(greatest(l.until, l.since, timestamptz 'epoch'))::text as until,
  f.state = 3 as waits, k.pending, k.failed, k.total, k.policy, k.target, k.wake_at,
  case when f.state = 3 then (
    select json_agg(c.id)::text from (
      select c.id from millrace.job c where c.parent = f.id order by c.id limit 10
    ) c
  ) end as unfinished,
  f.state in (0, 2) as in_line, w.live, w.able, w.free
from f cross join t
  left join millrace.hold h on h.key = f.note->>'limit' and h.until > t.now
  left join millrace.lease l on l.id = f.lease and f.state = 1
  left join millrace.fork k on k.parent = f.id and f.state = 3
  cross join lateral (
    select count(*)::integer as live, (count(*) filter (where v.takes))::integer as able,
      coalesce(sum(greatest(v.concurrency - v.running, 0)) filter (where v.takes), 0)::integer as free
    from (
      select w.concurrency, w.running,
        not w.draining and f.queue = any(w.queues) and f.name = any(w.names) and f.class = any(w.classes) as takes
      from millrace.worker w where w.until > t.now
    ) v
  ) w
order by f.id
