-- mark: puts marks in the place of what was said of their steps before. $1 marks json, a step once. Runs after fence, in
-- its transaction. Locks: the step rows in order of run and step.
insert into millrace.step as t (run, step, state, starts, detail, started_at, finished_at, updated_at)
select s.run, s.step, s.state, s.starts, s.detail,
  case when s.state = 'running' then millrace.store_now() end,
  case when s.state not in ('pending', 'running') then millrace.store_now() end, millrace.store_now()
from json_to_recordset($1::json) as s(run uuid, step text, state text, starts integer, detail text)
order by s.run, s.step collate "C"
on conflict (run, step) do update
set state = excluded.state, starts = excluded.starts, detail = excluded.detail,
  started_at = coalesce(case when t.starts = excluded.starts then t.started_at end, excluded.started_at),
  finished_at = excluded.finished_at, updated_at = excluded.updated_at
