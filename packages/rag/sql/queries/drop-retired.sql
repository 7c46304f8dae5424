-- drop-retired: a retired collection that holds nothing any more. $1 id.
delete from millrace.collection where id = $1::integer and name = replaces
