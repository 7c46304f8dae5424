-- ensure: creates a collection where it is missing. $1 name, $2 model, $3 dimensions, $4 language. Returns nothing.
insert into millrace.collection (name, model, dimensions, language)
values ($1::text, $2::text, $3::integer, $4::text)
on conflict (name) do nothing
