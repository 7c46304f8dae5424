-- of-instance: the runs of one instance, newest first, however many others there are. $1 definition, $2 instance, $3 tenant,
-- $4 states text[] (null for any), $5 after (null for the first page), $6 limit.
-- include run
where r.definition = $1 and r.instance = $2 and r.tenant = $3
  and coalesce(r.state = any($4::text[]), true)
  and r.id < coalesce($5::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
order by r.id desc limit $6
