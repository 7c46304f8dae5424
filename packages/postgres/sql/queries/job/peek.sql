-- peek: the jobs that claims would take next of a queue, by class, then due time, then id. $1 queue, $2 classes smallint[],
-- $3 most jobs. Goes along the index of claims: of each class no more than $3 are read. Locks nothing.
select t.id::text, t.queue, t.name, t.tenant, t.class, 'ready' as state, t.generation, t.attempts, t.interruptions,
  t.rescues, t.snoozes, t.parent::text, t.run::text, millrace.ms(t.created_at)::text as created,
  millrace.ms(t.run_at)::text as due, null as finished, null as fingerprint, t.env, t.checkpoint, t.progress, t.records,
  millrace.ms(t.expires_at)::text as expires
from unnest($2::smallint[]) c(class) cross join lateral (
  select j.* from millrace.job j
  where j.queue = $1 and j.class = c.class and j.state = 0 and not j.suspect and j.run_at <= millrace.store_now()
    and (j.expires_at is null or j.expires_at > millrace.store_now())
  order by j.run_at, j.id
  limit $3
) t
order by t.class, t.run_at, t.id
limit $3
