-- older: whether clean-up would find any run. $1 least age in ms, $2 states text[].
select exists (
  select 1 from unnest($2::text[]) s(state) join millrace.run r on r.state = s.state
  where r.finished_at <= millrace.store_now() - millrace.span($1::double precision)
    and not exists (select 1 from millrace.job j where j.run = r.id)
) as more
