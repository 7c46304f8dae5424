-- holders: what keeps old row versions from being vacuumed, or locks, for longer than $1 ms. Returns kind (`idle`: a session
-- idle in a transaction, `long`: one whose transaction still works, `prepared`, `slot`: an inactive replication slot that
-- keeps something), who, how long in ms (null: not known) and, of a slot, how many bytes of the log it keeps; and as kind
-- `hidden` how many sessions this user may not see. Ages are by the server's own clock. Needs no schema.
select case when a.state like 'idle in transaction%' then 'idle' else 'long' end as kind,
  'process ' || a.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '') || ' of ' || coalesce(a.usename::text, '?')
    as who,
  floor(extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint::text as age, null::text as bytes
from pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_type = 'client backend'
  and clock_timestamp() - a.xact_start >= $1::double precision * interval '1 millisecond'
union all
select 'prepared', '"' || p.gid || '" of ' || p.owner,
  floor(extract(epoch from clock_timestamp() - p.prepared) * 1000)::bigint::text, null
from pg_prepared_xacts p
where p.database = current_database() and clock_timestamp() - p.prepared >= $1::double precision * interval '1 millisecond'
union all
select 'slot', '"' || s.slot_name || '"', null,
  case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) end::bigint::text
from pg_replication_slots s
where not s.active and (s.restart_lsn is not null or s.xmin is not null)
union all
select 'hidden', count(*)::text, null, null
from pg_stat_activity a
where a.datname = current_database() and a.backend_type is null having count(*) > 0
