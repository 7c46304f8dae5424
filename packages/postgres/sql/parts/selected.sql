-- selected: jobs that an operation is for, as `m`, of the next candidates by id, `w`. $1 operation (null: one begun
-- now), $2 after which id (null: none), $3 ids uuid[] (null: any), $4 states text[], $5 queue, $6 name, $7 tenant, $8 run,
-- $9 fingerprint (each null for any), $10 most candidates, $11 most jobs. Candidates come along the primary keys, and only
-- from tables that hold jobs of these states: however few of them fit, no page costs more than its candidates.
o as materialized (
  select coalesce(
    (select began.created_at from millrace.operation began where began.id = $1::uuid), millrace.store_now()
  ) as began
), w as materialized (
  select u.* from (
    (
      select j.id, j.generation, v.state, j.queue, j.name, j.tenant, j.run, null as fingerprint, j.created_at as at
      from millrace.job j cross join lateral (
        select case
          when j.state = 1 then 'running'
          when j.state = 3 then 'waiting'
          when j.run_at <= millrace.store_now() then 'ready'
          when j.retrying then 'retrying'
          else 'scheduled' end as state
      ) v
      where $4::text[] && array['scheduled', 'ready', 'retrying', 'running', 'waiting']
        and ($2::uuid is null or j.id > $2) and ($3::uuid[] is null or j.id = any($3))
      order by j.id limit $10
    )
    union all
    (
      select h.id, h.generation, v.state, h.queue, h.name, h.tenant, h.run, h.fingerprint, h.finished_at
      from millrace.finished h cross join lateral (
        select case h.state when 4 then 'completed' when 6 then 'cancelled' else 'expired' end as state
      ) v
      where $4::text[] && array['completed', 'cancelled', 'expired']
        and ($2::uuid is null or h.id > $2) and ($3::uuid[] is null or h.id = any($3))
      order by h.id limit $10
    )
    union all
    (
      select h.id, h.generation, 'dead', h.queue, h.name, h.tenant, h.run, h.fingerprint, h.finished_at
      from millrace.dead h
      where $4::text[] && array['dead']
        and ($2::uuid is null or h.id > $2) and ($3::uuid[] is null or h.id = any($3))
      order by h.id limit $10
    )
  ) u
  order by u.id limit $10
), m as materialized (
  select w.id, w.generation, w.name, w.state from w cross join o
  where w.at <= o.began and w.state = any($4::text[]) and ($5::text is null or w.queue = $5)
    and ($6::text is null or w.name = $6) and ($7::text is null or w.tenant = $7) and ($8::uuid is null or w.run = $8)
    and ($9::text is null or w.fingerprint = $9)
  order by w.id limit $11
), r as materialized (
  select case when n.members = $11 then (select m.id from m order by m.id desc limit 1)
      else (select w.id from w order by w.id desc limit 1) end as reached,
    n.members < $11 and n.candidates < $10 as ended, n.members
  from (select (select count(*) from m) as members, (select count(*) from w) as candidates) n
)
