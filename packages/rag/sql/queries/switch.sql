-- switch: gives a collection the name it waits for, which is free by now. $1 that name. Returns its id.
update millrace.collection set name = $1::text, replaces = null where replaces = $1::text returning id
