-- find: a step's ledger by key. $1 run, $2 step, $3 states text[], $4 keys text[] (each null for any), $5 after,
-- $6 limit.
select i.key, i.state, i.stage, i.error_class, i.reason, i.message, i.tally, i.job::text,
  millrace.ms(i.at)::text as at
from millrace.item i
where i.run = $1::uuid and i.step = $2 and ($3::text[] is null or i.state = any($3))
  and ($4::text[] is null or i.key = any($4)) and ($5::text is null or i.key > $5)
order by i.key limit $6
