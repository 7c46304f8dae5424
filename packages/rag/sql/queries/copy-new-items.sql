-- copy-new-items: takes items whose ids the collection does not have; fails where another writer was first.
-- Locks: the new keys, in the order they come.
copy millrace.collection_item (collection, id, body, metadata, embedding) from stdin with (format binary)
