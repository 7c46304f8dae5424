-- left: whether any cancelled job still has a child to cancel.
select exists (
  select 1 from millrace.cancelled_parent c join millrace.job j on j.parent = c.parent where not j.cancelling
) as more
