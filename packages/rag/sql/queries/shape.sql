-- shape: a collection's id and how it is embedded. $1 name.
select id, model, dimensions from millrace.collection where name = $1
