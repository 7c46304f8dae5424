-- copy-passages: takes the passages of documents whose rows were just written; their old passages are gone by then.
copy millrace.passage (id, collection, source, ordinal, page_start, page_end, start_at, end_at, tokens, heading_path,
  body, metadata, embedding) from stdin with (format binary)
