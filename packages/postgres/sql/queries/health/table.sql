-- table: how much of the table of live jobs is dead rows, as the server last counted. Returns one row, or none where it never
-- did.
select s.n_live_tup::text as live, s.n_dead_tup::text as dead, pg_total_relation_size(s.relid)::text as bytes,
  millrace.ms(greatest(s.last_vacuum, s.last_autovacuum))::text as vacuumed
from pg_stat_user_tables s
where s.relid = 'millrace.job'::regclass
