-- of-instance: the runs of one instance, newest first, however many others there are. $1 ids uuid[] (null for any),
-- $2 definition, $3 instance, $4 tenant, $5 states text[] (null for any), $6 after (null for the first page), $7 limit.
-- include run
where ($1::uuid[] is null or r.id = any($1)) and r.definition = $2 and r.instance = $3 and r.tenant = $4
  and coalesce(r.state = any($5::text[]), true)
  and r.id < coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by r.id desc limit $7
