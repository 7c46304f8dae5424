-- versions: what is known of sources. $1 collection id, $2 sources text[]. Fetches each by itself, also where the
-- statistics are older than the collection.
select d.* from (select distinct source from unnest($2::text[]) u(source)) s
cross join lateral (
  select d.source, d.hash, d.pipeline, d.pages, d.passages from millrace.document d
  where d.collection = $1 and d.source = s.source limit 1
) d
