-- known: whether there is a run of this id. $1 run. Returns one row where there is.
select 1 as found from millrace.run r where r.id = $1::uuid
