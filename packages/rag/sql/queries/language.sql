-- language: whether the server can read texts in it. $1 name of a text search configuration.
select exists(select from pg_ts_config where cfgname = $1::text and pg_ts_config_is_visible(oid)) as known
