-- swap-state: the name of what is to take a collection's place. $1 name of the collection.
select name from millrace.collection where replaces = $1::text and name <> replaces
