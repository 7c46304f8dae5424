-- expired: whether any lease is past its deadline.
select exists (select 1 from millrace.lease l where l.until <= millrace.store_now()) as more
