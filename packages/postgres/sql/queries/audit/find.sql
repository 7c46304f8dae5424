-- find: records, newest first. $1 tenant, $2 types text[], $3 resource type, $4 resource id, $5 from and $6 until in ms
-- (each null for any), $7 and $8 before which ms and seq (null: from the newest on), $9 limit.
-- include audited
from millrace.audit a
where ($1::text is null or a.tenant = $1)
  and ($2::text[] is null or a.type = any($2))
  and ($3::text is null or a.resource_type = $3)
  and ($4::text is null or a.resource_id = $4)
  and ($5::bigint is null or a.at >= timestamptz 'epoch' + millrace.span($5))
  and ($6::bigint is null or a.at < timestamptz 'epoch' + millrace.span($6))
  and ($7::bigint is null or (a.at, a.seq) < (timestamptz 'epoch' + millrace.span($7), $8::bigint))
order by a.at desc, a.seq desc limit $9
