-- find: schedules by id. $1 ids text[], $2 tenant (each null for any), $3 after (null for the first page), $4 limit.
select
-- include schedule
from millrace.schedule s
where ($1::text[] is null or s.id = any($1)) and ($2::text is null or s.tenant = $2) and ($3::text is null or s.id > $3)
order by s.id limit $4
