-- More log between checkpoints: each one writes whole pages anew. At 1,000 jobs a second 1.7 MB a second are logged.
alter system set max_wal_size = '4GB';
alter system set checkpoint_timeout = '15min';
alter system set wal_compression = 'on';
-- Autovacuum looks at the hot table four times a minute instead of once, and may work at once on several.
alter system set autovacuum_naptime = '15s';
alter system set autovacuum_max_workers = 4;
-- A session that was forgotten inside a transaction keeps every dead row of the database.
alter system set idle_in_transaction_session_timeout = '1min';
select pg_reload_conf();
