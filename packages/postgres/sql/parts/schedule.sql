-- schedule: the columns of a schedule as the port's rows are made of them.
  s.id, s.tenant, s.definition, s.revision, s.paused, millrace.ms(s.created_at)::text as created,
  millrace.ms(s.changed_at)::text as changed, millrace.ms(s.next_fire)::text as next,
  millrace.ms(s.last_fire)::text as last, array_to_json(s.jobs)::text as jobs, s.recent
