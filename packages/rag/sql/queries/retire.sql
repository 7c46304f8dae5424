-- retire: hides a collection, and what waits to take its place, from everyone; `drop-some` removes what they hold.
-- $1 name. Returns the ids. Locks: their rows.
update millrace.collection
set name = split_part(name, chr(1), 1) || chr(1) || 'dropped ' || id,
  replaces = split_part(name, chr(1), 1) || chr(1) || 'dropped ' || id
where name = $1::text or replaces = $1::text
returning id
