-- Whatever keeps dead rows from being removed, the oldest first.
select 'session' as kind, pid::text as name, age(backend_xmin) as transactions, now() - xact_start as since, state
from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid()
union all
select 'replication slot', slot_name, greatest(age(xmin), age(catalog_xmin)), null, case when active then 'active' end
from pg_replication_slots where xmin is not null or catalog_xmin is not null
union all
select 'prepared transaction', gid, age(transaction), now() - prepared, null from pg_prepared_xacts
order by transactions desc;
