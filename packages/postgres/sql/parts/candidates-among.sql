-- candidates-among: as `candidates`, where $3 uuid[] names the jobs.
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
        and j.id = any($3::uuid[]) and j.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
    union all
    (
      select h.id, h.generation, v.state, h.queue, h.name, h.tenant, h.run, h.fingerprint, h.finished_at
      from millrace.finished h cross join lateral (
        select case h.state when 4 then 'completed' when 6 then 'cancelled' else 'expired' end as state
      ) v
      where $4::text[] && array['completed', 'cancelled', 'expired']
        and h.id = any($3::uuid[]) and h.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
    union all
    (
      select h.id, h.generation, 'dead', h.queue, h.name, h.tenant, h.run, h.fingerprint, h.finished_at
      from millrace.dead h
      where $4::text[] && array['dead']
        and h.id = any($3::uuid[]) and h.id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')
    )
  ) u
  order by u.id limit $10
)
