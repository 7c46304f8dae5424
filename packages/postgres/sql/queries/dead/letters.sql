-- letters: dead letters, those that died last first, then by id. $1 queue, $2 name, $3 tenant, $4 fingerprint (each null for
-- any), $5 after which instant in µs since the epoch (null for the first page), $6 and id, $7 limit.
select h.id::text, h.queue, h.name, h.tenant, h.class, 'dead' as state, h.generation, h.attempts, h.interruptions,
  h.rescues, h.snoozes, h.parent::text, h.run::text, millrace.ms(h.created_at)::text as created,
  millrace.ms(h.run_at)::text as due, millrace.ms(h.finished_at)::text as finished, h.fingerprint, h.env, h.checkpoint,
  h.progress, h.records, null as expires, round(date_part('epoch', h.finished_at) * 1e6)::bigint::text as at
from millrace.dead h
where ($1::text is null or h.queue = $1) and ($2::text is null or h.name = $2) and ($3::text is null or h.tenant = $3)
  and ($4::text is null or h.fingerprint = $4)
  and (h.finished_at, h.id) < (
    coalesce(timestamptz 'epoch' + $5::bigint * interval '1 microsecond', 'infinity'),
    coalesce($6::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  )
order by h.finished_at desc, h.id desc limit $7
