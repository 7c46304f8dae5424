-- Connections of millrace, and how many the server takes.
select count(*) as of_millrace, current_setting('max_connections')::integer as most
from pg_stat_activity where application_name = 'millrace';
