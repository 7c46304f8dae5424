-- classify: why holder writes did not match. $1 ids json, an array of texts.
-- Returns per job: its current and last settled token and last write number; ended generations as settled tokens.
-- The limit lets the planner expect 10 rows, not 100: see complete.
with m as materialized (
  select id::uuid from json_array_elements_text($1::json) e(id)
  limit (select json_array_length($1::json))
)
select j.id::text, j.token::text, j.settled::text, j.write from m join millrace.job j on j.id = m.id
union all
select h.id::text, '0', h.token::text, 0 from m join millrace.finished h on h.id = m.id
union all
select h.id::text, '0', h.token::text, 0 from m join millrace.dead h on h.id = m.id
