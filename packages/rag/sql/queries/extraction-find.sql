-- extraction-find: an extracted text. $1 hash, $2 format, $3 version. Returns body.
select body from millrace.extraction where hash = $1::text and format = $2::text and version = $3::text
