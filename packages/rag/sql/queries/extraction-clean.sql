-- extraction-clean: removes texts that no document refers to. $1 ms for which even those stay. Returns how many.
-- Locks: the rows removed. Reads all documents' rows but no text: it runs once at the end of a run.
with gone as (
  delete from millrace.extraction e
  where e.saved_at <= now() - $1::double precision * interval '1 millisecond'
    and not exists (
      select 1 from millrace.document d
      where d.hash = e.hash and d.format = e.format and d.extractor = e.version
    )
  returning 1
)
select count(*)::integer as removed from gone
