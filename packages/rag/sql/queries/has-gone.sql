-- has-gone: whether a collection has what another one does not have. $1 collection id, $2 the other's id.
select exists(
  select from millrace.document s where s.collection = $1::integer
    and not exists (select from millrace.document d where d.collection = $2::integer and d.source = s.source)
) or exists(
  select from millrace.collection_item s where s.collection = $1::integer
    and not exists (select from millrace.collection_item i where i.collection = $2::integer and i.id = s.id)
) as gone
