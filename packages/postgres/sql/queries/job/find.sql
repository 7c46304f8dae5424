-- find: jobs newest first, live and finished. $1 ids uuid[], $2 states text[], $3 queue, $4 name, $5 tenant, $6 run,
-- $7 parent (each null for any), $8 after (null for the first page), $9 limit, $10 classes smallint[], $11 created from and
-- $12 until and $13 finished until, in ms, $14 fingerprints text[], $15 texts text[] that stand in the envelope: of each tag
-- its JSON, which other parts of an envelope may hold as well. A table that holds none of the states is not read.
-- Filters without an index are in coalesce, which is taken to keep half: guessed to keep little, they would have every page
-- read all that is left and sort it.
select id::text, queue, name, tenant, class, state, generation, attempts, interruptions, rescues, snoozes, parent::text,
  run::text, millrace.ms(created_at)::text as created, millrace.ms(run_at)::text as due,
  millrace.ms(finished_at)::text as finished, fingerprint, env, checkpoint, progress, records,
  millrace.ms(expires_at)::text as expires
from (
  (
    select id, queue, name, tenant, class, generation, attempts, interruptions, rescues, snoozes, parent, run, created_at,
      run_at, null::timestamptz as finished_at, null as fingerprint, env, checkpoint, progress, records, expires_at, v.state
    from millrace.job j cross join lateral (
      select case
        when j.state = 1 then 'running'
        when j.state = 3 then 'waiting'
        when j.run_at <= millrace.store_now() then 'ready'
        when j.retrying then 'retrying'
        else 'scheduled' end as state
    ) v
    where ($2::text[] is null or $2 && array['scheduled', 'ready', 'retrying', 'running', 'waiting'])
      and ($1::uuid[] is null or j.id = any($1)) and coalesce(v.state = any($2::text[]), true)
      and coalesce(queue = $3::text, true) and coalesce(name = $4::text, true) and coalesce(tenant = $5::text, true)
      and ($6::uuid is null or run = $6) and ($7::uuid is null or parent = $7)
      and coalesce(class = any($10::smallint[]), true) and coalesce(millrace.ms(created_at) >= $11::bigint, true)
      and coalesce(millrace.ms(created_at) <= $12::bigint, true) and $13::bigint is null
      and coalesce($14::text[] is null or exists (select from unnest($14) f(print)
        where strpos(split_part(records, chr(10), -1), '"fingerprint":' || to_json(f.print)::text) > 0), true)
      and coalesce((select bool_and(strpos(env, e.part) > 0) from unnest($15::text[]) e(part)), true)
      and j.id < coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by j.id desc limit $9
  )
  union all
  (
    select id, queue, name, tenant, class, generation, attempts, interruptions, rescues, snoozes, parent, run, created_at,
      run_at, finished_at, fingerprint, env, checkpoint, progress, records, null, v.state
    from millrace.finished h cross join lateral (
      select case h.state when 4 then 'completed' when 6 then 'cancelled' else 'expired' end as state
    ) v
    where ($2::text[] is null or $2 && array['completed', 'cancelled', 'expired'])
      and ($1::uuid[] is null or h.id = any($1)) and coalesce(v.state = any($2::text[]), true)
      and coalesce(queue = $3::text, true) and coalesce(name = $4::text, true) and coalesce(tenant = $5::text, true)
      and ($6::uuid is null or run = $6) and ($7::uuid is null or parent = $7)
      and coalesce(class = any($10::smallint[]), true) and coalesce(millrace.ms(created_at) >= $11::bigint, true)
      and coalesce(millrace.ms(created_at) <= $12::bigint, true) and coalesce(millrace.ms(finished_at) <= $13::bigint, true)
      and coalesce($14::text[] is null or h.state <> 4 and exists (select from unnest($14) f(print)
        where strpos(split_part(records, chr(10), -1), '"fingerprint":' || to_json(f.print)::text) > 0), true)
      and coalesce((select bool_and(strpos(env, e.part) > 0) from unnest($15::text[]) e(part)), true)
      and h.id < coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by h.id desc limit $9
  )
  union all
  (
    select id, queue, name, tenant, class, generation, attempts, interruptions, rescues, snoozes, parent, run, created_at,
      run_at, finished_at, fingerprint, env, checkpoint, progress, records, null, 'dead'
    from millrace.dead h
    where ($1::uuid[] is null or h.id = any($1)) and ($2::text[] is null or 'dead' = any($2))
      and coalesce(queue = $3::text, true) and coalesce(name = $4::text, true) and coalesce(tenant = $5::text, true)
      and ($6::uuid is null or run = $6) and ($7::uuid is null or parent = $7)
      and coalesce(class = any($10::smallint[]), true) and coalesce(millrace.ms(created_at) >= $11::bigint, true)
      and coalesce(millrace.ms(created_at) <= $12::bigint, true) and coalesce(millrace.ms(finished_at) <= $13::bigint, true)
      and coalesce(fingerprint = any($14::text[]), $14::text[] is null)
      and coalesce((select bool_and(strpos(env, e.part) > 0) from unnest($15::text[]) e(part)), true)
      and h.id < coalesce($8::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    order by h.id desc limit $9
  )
) f
order by f.id desc limit $9
