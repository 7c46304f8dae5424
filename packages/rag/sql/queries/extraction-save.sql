-- extraction-save: keeps an extracted text. $1 hash, $2 format, $3 version, $4 pages, $5 body. Locks: its row.
insert into millrace.extraction (hash, format, version, pages, body)
values ($1::text, $2::text, $3::text, $4::integer, $5::bytea)
on conflict (hash, format, version) do update
set pages = excluded.pages, body = excluded.body, saved_at = excluded.saved_at
