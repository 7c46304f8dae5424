-- insert: writes items that are new to the ledger, and what they add to the step's counters. $1 items json (a key once
-- per step), $2 further deltas json [[scope, name, n], ...]. Runs after fence, in its transaction.
-- Returns the items that were there already, for `replace`. Locks: the new item rows in key order.
with s as materialized (
  select * from json_to_recordset($1::json) as s(
    run uuid, step text, key text, state text, stage text, error_class text, reason text, message text, item text,
    output text, tally text, job uuid)
), w as (
  insert into millrace.item (run, step, key, state, stage, error_class, reason, message, item, output, tally, job, at)
  select run, step, key, state, stage, error_class, reason, message, item, output, tally, job, millrace.store_now()
  from s order by run, step, key
  on conflict (run, step, key) do nothing
  returning run, step, key, state, tally
), d as (
  select 'step:' || run || ':' || step as scope, state as name, 1::bigint as n from w
  union all
  select 'step:' || w.run || ':' || w.step, t.key, t.value::bigint
  from w cross join lateral json_each_text(w.tally::json) t
  union all
  select e.value ->> 0, e.value ->> 1, (e.value ->> 2)::bigint from json_array_elements($2::json) e
), g as (
  select json_build_array(scope, name, sum(n)) as delta from d group by scope, name having sum(n) <> 0
), j as (
  insert into millrace.journal (at, kind, ids, delta)
  select millrace.store_now(), 'items', (select coalesce(array_agg(distinct job), '{}') from s), json_agg(delta)::text
  from g having count(*) > 0
)
select s.run::text, s.step, s.key from s
where not exists (select 1 from w where w.run = s.run and w.step = s.step and w.key = s.key)
