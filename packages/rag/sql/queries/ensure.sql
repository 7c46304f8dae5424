-- ensure: creates a collection where it is missing. $1 name, $2 model, $3 dimensions. Returns nothing.
insert into millrace.collection (name, model, dimensions) values ($1, $2, $3) on conflict (name) do nothing
