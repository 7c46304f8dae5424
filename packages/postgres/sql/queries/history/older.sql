-- older: whether clean-up would find any job. $1 least age in ms, $2 states smallint[] of `finished`, $3 whether dead
-- letters too.
select exists (
  select 1 from millrace.finished h
  where h.state = any($2::smallint[])
    and h.finished_at <= millrace.store_now() - millrace.span($1::double precision)
    and
-- include kept
) or ($3::boolean and exists (
  select 1 from millrace.dead h
  where h.finished_at <= millrace.store_now() - millrace.span($1::double precision)
    and
-- include kept
)) as more
