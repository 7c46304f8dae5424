-- orphan: ends every lease, when an embedded store is opened: its only possible holder is gone.
update millrace.lease set until = '-infinity' where until > '-infinity'
