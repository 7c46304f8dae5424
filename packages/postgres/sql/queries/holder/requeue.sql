-- requeue: ends attempts of jobs that go on: retry, snoozed, released, suspended. $1 settlements json
-- [{id, token, kind, delay, started, note, wakeat, record, measures}] (note: of one that is put off, why). Returns the ids that were held.
-- A cancelled job is left to `end`. A suspended job waits only while its fork counts more than wakeat children; else it
-- is woken at once.
-- Locks: the matched job rows in id order, then the forks of the suspended ones by parent.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    id uuid, token bigint, kind text, delay double precision, started boolean, note text, wakeat integer,
    record text, measures json)
  limit (select json_array_length($1::json))
), k as materialized (
  select j.id, s.kind, s.delay, s.started, s.note, s.wakeat, s.record, s.measures
  from s join millrace.job j on j.id = s.id and j.token = s.token and not j.cancelling
  order by j.id
  for update of j
), fk as materialized (
  select f.parent, k.wakeat from millrace.fork f join k on k.id = f.parent
  where k.kind = 'suspended'
  order by f.parent
  for update of f
), f as (
  update millrace.fork f
  set policy = 0, wake_at = fk.wakeat, waiting = f.pending > fk.wakeat, checked_at = millrace.store_now()
  from fk where f.parent = fk.parent
  returning f.parent, f.waiting
), u as (
  update millrace.job j
  set state = case when f.waiting then 3 else 0 end,
    token = 0, settled = j.token, lease = null, suspect = false,
    retrying = k.kind = 'retry', snooze_note = k.note,
    attempts = j.attempts + (k.kind = 'retry')::integer,
    snoozes = j.snoozes + (k.kind = 'snoozed')::integer,
    interruptions = j.interruptions + (k.kind = 'released' and k.started)::integer,
    run_at = case
      when k.kind in ('retry', 'snoozed') then millrace.store_now() + millrace.span(k.delay)
      when k.kind = 'suspended' and f.waiting is not true then millrace.store_now()
      else j.run_at end,
    records = case k.kind when 'retry' then
      j.records || case j.records when '' then '' else chr(10) end
        || millrace.ms(millrace.store_now()) || ' ' || k.record
      else j.records end
  from k left join f on f.parent = k.id
  where j.id = k.id
  returning j.id, j.queue, j.class, case
    when k.kind = 'retry' then 'retrying'
    when k.kind in ('snoozed', 'released') then k.kind
    when j.state = 3 then 'waiting'
    else 'woken' end as kind, k.measures
), m as (
  select u.kind, u.queue, u.class, v.name, v.n
  from u cross join lateral (
    values ('running', -1::bigint), (case u.kind when 'waiting' then 'waiting' else 'queued' end, 1)
  ) v(name, n)
  union all
  select u.kind, u.queue, u.class, v.key, v.value::bigint
  from u cross join lateral json_each_text(u.measures) v
), d as (
  select kind, json_build_array(millrace.queue_scope(queue, class), name, sum(n)) as delta
  from m group by kind, queue, class, name
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), d.kind, (select array_agg(u.id) from u where u.kind = d.kind), json_agg(d.delta)::text
  from d group by d.kind
)
select id::text from u
