-- has-text: whether anything in a collection has a text. $1 collection id.
select exists(select from millrace.passage where collection = $1::integer)
  or exists(select from millrace.collection_item where collection = $1::integer and body is not null) as has_text
