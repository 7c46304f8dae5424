-- members-among: the jobs of an operation's next page among jobs that are named. $1 … $11 as `candidates-among` and `meant` say, $12 whether with
-- envelopes. Returns, with each (or once without any), up to which id jobs were looked at and whether none are left.
with
-- include candidates-among
,
-- include meant
select r.reached::text, r.ended, m.id::text, m.generation, m.name, e.env
from r left join m on true left join lateral (
  select h.env from millrace.dead h where $12::boolean and h.id = m.id and h.generation = m.generation
  union all
  select h.env from millrace.finished h where $12::boolean and h.id = m.id and h.generation = m.generation
  limit 1
) e on true
order by m.id
