-- overdue: queued jobs past their expiry, first expired first. $1 limit. Returns ids and ordering keys; locks nothing.
select j.id::text, j.ordering_key from millrace.job j
where j.expires_at <= millrace.store_now() and j.state in (0, 2)
order by j.expires_at, j.id limit $1
