-- step: a step `t` as the port shows it.
select t.step, t.state, t.starts, t.detail, millrace.ms(t.started_at)::text as started,
  millrace.ms(t.finished_at)::text as finished, millrace.ms(t.updated_at)::text as updated
