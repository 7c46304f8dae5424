-- save: writes items into the ledger and what that changes into the step's counters. $1 items json (a key once per
-- step), $2 further deltas json [[scope, name, n], ...]. Runs after fence, in its transaction.
-- Locks: the item rows in key order.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    run uuid, step text, key text, state text, stage text, error_class text, reason text, message text, tally text,
    job uuid)
), o as materialized (
  select i.run, i.step, i.key, i.state, i.tally from millrace.item i
  where (i.run, i.step, i.key) in (select run, step, key from s)
), w as (
  insert into millrace.item (run, step, key, state, stage, error_class, reason, message, tally, job, at)
  select run, step, key, state, stage, error_class, reason, message, tally, job, millrace.store_now()
  from s order by run, step, key
  on conflict (run, step, key) do update
  set state = excluded.state, stage = excluded.stage, error_class = excluded.error_class,
    reason = excluded.reason, message = excluded.message, tally = excluded.tally, job = excluded.job, at = excluded.at
), m as (
  select run, step, state as name, 1::bigint as n from s
  union all select run, step, state, -1 from o
  union all select s.run, s.step, t.key, t.value::bigint from s cross join lateral json_each_text(s.tally::json) t
  union all select o.run, o.step, t.key, -t.value::bigint from o cross join lateral json_each_text(o.tally::json) t
), d as (
  select 'step:' || run || ':' || step as scope, name, n from m
  union all
  select e.value ->> 0, e.value ->> 1, (e.value ->> 2)::bigint from json_array_elements($2::json) e
), g as (
  select json_build_array(scope, name, sum(n)) as delta from d group by scope, name having sum(n) <> 0
)
insert into millrace.journal (at, kind, ids, delta)
select millrace.store_now(), 'items', (select coalesce(array_agg(distinct job), '{}') from s), json_agg(delta)::text
from g having count(*) > 0
