-- waiting: whether any record has no place in its chain yet.
select exists (select 1 from millrace.audit a where a.n is null) as present
