-- forget: no more follows from earlier cancellations of these jobs. $1 ids uuid[]. Locks: the matched rows.
delete from millrace.cancelled_parent p where p.parent = any($1::uuid[])
