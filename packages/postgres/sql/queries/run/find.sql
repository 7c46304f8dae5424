-- find: runs newest first. $1 ids uuid[], $2 definition, $3 instance, $4 tenant, $5 states text[] (each null for any),
-- $6 after (null for the first page), $7 limit.
-- Filters are in coalesce, which is taken to keep half: guessed to keep little, they would have every page read all runs.
-- include run
where ($1::uuid[] is null or r.id = any($1)) and coalesce(r.definition = $2::text, true)
  and coalesce(r.instance = $3::text, true) and coalesce(r.tenant = $4::text, true)
  and coalesce(r.state = any($5::text[]), true)
  and r.id < coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by r.id desc limit $7
