-- kept: of a finished job `h`, whether nobody may ask any more what became of it. A child that did not complete is asked about by
-- its parent while that is live, and by its run while that is active or, being cancelled, may be restarted.
(h.state = 4 or not (
  exists (select 1 from millrace.job p where p.id = h.parent)
  or (h.parent is not null and exists (
    select 1 from millrace.run r where r.id = h.run and r.state not in ('completed', 'partial', 'failed')
  ))
))
