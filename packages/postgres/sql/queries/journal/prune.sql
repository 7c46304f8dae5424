-- prune: forgets folded journal rows older than a day, looking only at the oldest 1000.
delete from millrace.journal j
using (select seq, pos, at from millrace.journal order by seq limit 1000) o
where j.seq = o.seq and o.pos is not null and o.at < millrace.store_now() - interval '24 hours'
