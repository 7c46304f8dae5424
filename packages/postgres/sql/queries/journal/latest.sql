-- latest: the end of the last numbered journal row, as an event position. No row where there never was one.
select p.pos::text as row, p.index from (
  (select j.pos, case j.kind when 'items' then 0 else cardinality(j.ids) end as index
   from millrace.journal j where j.pos is not null order by j.pos desc limit 1)
  union all
  select f.pos, f.index from millrace.event_floor f
) p
order by p.pos desc limit 1
