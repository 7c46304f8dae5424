-- leave: a worker listens no more, and what vanished workers left behind goes too. $1 worker.
delete from millrace.listener l where l.worker = $1::text or l.until < millrace.store_now() - interval '1 minute'
