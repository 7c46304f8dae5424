-- retire-one: hides a collection from everyone, not what waits to take its place. $1 name. Locks: its row.
update millrace.collection
set name = $1::text || chr(1) || 'dropped ' || id, replaces = $1::text || chr(1) || 'dropped ' || id
where name = $1::text
