-- retired: collections that nobody sees any more.
select id from millrace.collection where name = replaces order by id
