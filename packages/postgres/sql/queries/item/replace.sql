-- replace: writes items over earlier outcomes, and the difference into the step's counters. $1 items json (a key once
-- per step). Runs after `insert`, in its transaction: a statement of its own, whose snapshot sees every row that made
-- the insert step back. Locks: the item rows in key order.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    run uuid, step text, key text, state text, stage text, error_class text, reason text, message text, item text,
    output text, tally text, job uuid)
  limit (select json_array_length($1::json))
), o as materialized (
  select i.run, i.step, i.key, i.state, i.tally
  from millrace.item i
  where (i.run, i.step, i.key) in (select run, step, key from s)
  order by i.run, i.step, i.key
  for update
), w as (
  update millrace.item i
  set state = s.state, stage = s.stage, error_class = s.error_class, reason = s.reason, message = s.message,
    item = s.item, output = s.output, tally = s.tally, job = s.job, at = millrace.store_now()
  from s where i.run = s.run and i.step = s.step and i.key = s.key
), d as (
  select run, step, state as name, 1::bigint as n from s
  union all select run, step, state, -1 from o
  union all select s.run, s.step, t.key, t.value::bigint from s cross join lateral json_each_text(s.tally::json) t
  union all select o.run, o.step, t.key, -t.value::bigint from o cross join lateral json_each_text(o.tally::json) t
), g as (
  select json_build_array('step:' || run || ':' || step, name, sum(n)) as delta
  from d group by run, step, name having sum(n) <> 0
)
insert into millrace.journal (at, kind, ids, delta)
select millrace.store_now(), 'items', (select array_agg(distinct job) from s), json_agg(delta)::text
from g having count(*) > 0
