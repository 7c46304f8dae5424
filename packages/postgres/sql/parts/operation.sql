-- operation: a row of `o` as the port shows it.
select o.id::text, o.action, o.state, o.filter, o.terms, millrace.ms(o.created_at)::text as created,
  millrace.ms(o.finished_at)::text as finished, o.turn, o.cursor::text, o.done::text, o.skipped::text, o.failed::text,
  o.problems, array_to_json(o.canary)::text as canary, o.canary_passed, o.error
