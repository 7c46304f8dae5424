-- known: whether there is a run of this id, or something of one that was removed. $1 run. Returns a row where there is.
select 1 as found from millrace.run r where r.id = $1::uuid
union all
select 1 from millrace.removed_run d where d.run = $1::uuid
