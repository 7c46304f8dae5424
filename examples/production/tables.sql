-- Size, dead rows and the last vacuum of each table. millrace.job holds live jobs only and stays small.
select relname, pg_size_pretty(pg_total_relation_size(relid)) as size, n_live_tup, n_dead_tup, last_autovacuum
from pg_stat_user_tables where schemaname = 'millrace' order by pg_total_relation_size(relid) desc;
