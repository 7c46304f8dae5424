-- find: runs newest first. $1 ids uuid[], $2 definition, $3 states text[] (each null for any), $4 after, $5 limit.
select r.id::text, r.definition, r.instance, r.tenant, r.state, r.params, r.coordinator::text,
  millrace.ms(r.created_at)::text as created, millrace.ms(r.finished_at)::text as finished, r.result, r.error
from millrace.run r
where ($1::uuid[] is null or r.id = any($1)) and ($2::text is null or r.definition = $2)
  and ($3::text[] is null or r.state = any($3)) and ($4::uuid is null or r.id < $4)
order by r.id desc limit $5
