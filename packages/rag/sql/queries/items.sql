-- items: by id. $1 collection id, $2 ids text[].
select i.id, i.body, i.metadata::text as metadata
from millrace.collection_item i where i.collection = $1::integer and i.id = any($2::text[])
