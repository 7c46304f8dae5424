-- purged: lets go of a removed run of which nothing is left, nor anything that may still be written of it; else it is looked through
-- once more in a minute. $1 run, $2 prefix of its scopes, ending in a colon. Rows of the journal that count for it are still to be
-- folded while they have no number. Locks: the row.
with g as materialized (
  select not exists (select 1 from millrace.job j where j.run = $1::uuid)
    and not exists (select 1 from millrace.item i where i.run = $1::uuid)
    and not exists (select 1 from millrace.step t where t.run = $1::uuid)
    and not exists (select 1 from millrace.counter c where c.scope >= $2::text and c.scope < left($2::text, -1) || ';')
    and not exists (select 1 from millrace.journal j where j.pos is null and position($2::text in j.delta) > 0) as over
), x as (
  delete from millrace.removed_run d using g where d.run = $1::uuid and g.over
)
update millrace.removed_run d
set step = '', key = '', due_at = millrace.store_now() + interval '1 minute'
from g where d.run = $1::uuid and not g.over
