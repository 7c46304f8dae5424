-- fold: numbers committed journal rows and adds their deltas to the counters, those of queues also by minute. $1 lock key, $2 limit,
-- $3 whether to wait for who else folds, or leave it to them. Returns how many rows were folded. Locks: an advisory lock (one
-- folder at a time), the folded rows. Who waited folds what it saw when it came and nobody has folded since.
-- Numbers are drawn in the order of seq: of one job, what happened first was written first.
with k as materialized (
  select case when $3::boolean then pg_advisory_xact_lock($1::bigint) is not null
    else pg_try_advisory_xact_lock($1::bigint) end as ok
), u as materialized (
  select j.seq from millrace.journal j
  where j.pos is null and (select ok from k)
  order by j.seq limit $2
  for update skip locked
), o as materialized (
  select s.seq, nextval('millrace.journal_pos') as pos from (select seq from u order by seq) s
), p as (
  update millrace.journal j set pos = o.pos from o where j.seq = o.seq
  returning j.at, j.delta
), d as materialized (
  select floor(extract(epoch from p.at) / 60)::bigint as minute,
    e.value ->> 0 as scope, e.value ->> 1 as name, (e.value ->> 2)::bigint as n
  from p cross join lateral json_array_elements(p.delta::json) e
), c as (
  insert into millrace.counter (scope, name, value)
  select scope, name, sum(n)::bigint from d group by scope, name order by scope, name
  on conflict (scope, name) do update set value = counter.value + excluded.value
), m as (
  insert into millrace.counter_minute (minute, scope, name, value)
  select minute, scope, name, sum(n)::bigint from d
  where starts_with(scope, 'queue:') and name not in ('queued', 'running', 'waiting')
  group by minute, scope, name order by minute, scope, name
  on conflict (minute, scope, name) do update set value = counter_minute.value + excluded.value
)
select count(*)::integer as folded from p
