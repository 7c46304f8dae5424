-- passages: by id. $1 ids uuid[].
select p.id::text, p.source, p.page_start, p.page_end, p.start_at, p.end_at, p.heading_path, p.body,
  p.metadata::text as metadata
from millrace.passage p where p.id = any($1::uuid[])
