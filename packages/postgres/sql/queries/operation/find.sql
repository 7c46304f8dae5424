-- find: operations newest first. $1 ids uuid[], $2 states text[] (each null for any), $3 after, $4 limit.
-- include operation
from millrace.operation o
where ($1::uuid[] is null or o.id = any($1)) and ($2::text[] is null or o.state = any($2))
  and ($3::uuid is null or o.id < $3)
order by o.id desc limit $4
