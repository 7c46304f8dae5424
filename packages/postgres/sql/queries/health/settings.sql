-- settings: what the server promises of a commit. Returns one row. Needs no schema.
select current_setting('server_version') as version, current_setting('fsync') as fsync,
  current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages
