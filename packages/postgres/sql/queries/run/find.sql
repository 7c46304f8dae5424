-- find: runs newest first. $1 definition, $2 instance, $3 tenant, $4 states text[] (each null for any), $5 after (null for
-- the first page), $6 limit.
-- Filters are in coalesce, which is taken to keep half: guessed to keep little, they would have every page read all runs.
-- include run
where coalesce(r.definition = $1::text, true)
  and coalesce(r.instance = $2::text, true) and coalesce(r.tenant = $3::text, true)
  and coalesce(r.state = any($4::text[]), true)
  and r.id < coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by r.id desc limit $6
