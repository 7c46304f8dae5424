-- known-items: which of these ids a collection has. $1 collection id, $2 ids text[].
select i.id from unnest($2::text[]) u(id)
join millrace.collection_item i on i.collection = $1::integer and i.id = u.id
