-- copy-pages: takes the pages of documents whose rows were just written; their old pages are gone by then.
copy millrace.page (collection, source, number, body) from stdin with (format binary)
