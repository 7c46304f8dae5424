-- meant: those of the candidates that an operation is for, as `m`, and how far that has come, as `r`. $5 queue, $6 name,
-- $7 tenant, $8 run, $9 fingerprint (each null for any), $11 most jobs.
m as materialized (
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
