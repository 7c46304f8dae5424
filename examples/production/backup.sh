pg_dump --schema=millrace --format=custom --file=millrace.dump "$DATABASE_URL"
pg_restore --dbname="$OTHER_DATABASE_URL" --exit-on-error millrace.dump
