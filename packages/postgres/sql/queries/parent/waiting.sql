-- waiting: whether the sweep has any cancelled parent to see to.
select exists (select 1 from millrace.cancelled_parent) as present
