-- remove-items: removes items. $1 collection id, $2 ids text[]. Returns the ids there were.
delete from millrace.collection_item where collection = $1::integer and id = any($2::text[]) returning id
