-- among: some runs, newest first, however many others there are. $1 ids uuid[], $2 definition, $3 instance, $4 tenant,
-- $5 states text[] (each null for any), $6 after (null for the first page), $7 limit.
-- include run
where r.id = any($1::uuid[]) and coalesce(r.definition = $2::text, true)
  and coalesce(r.instance = $3::text, true) and coalesce(r.tenant = $4::text, true)
  and coalesce(r.state = any($5::text[]), true)
  and r.id < coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by r.id desc limit $7
