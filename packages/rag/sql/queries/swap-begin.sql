-- swap-begin: makes the collection that is to take another's place, where there is none yet. $1 the other's name,
-- $2 its own name, $3 model, $4 dimensions. Returns nothing.
insert into millrace.collection (name, model, dimensions, language, replaces)
select $2::text, $3::text, $4::integer, c.language, c.name from millrace.collection c where c.name = $1::text
on conflict (replaces) where replaces is not null do nothing
