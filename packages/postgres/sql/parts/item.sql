-- item: a row of the ledger `i` as the port shows it.
select i.key, i.state, i.stage, i.error_class, i.reason, i.message, i.item, i.output, i.tally, i.job::text,
  millrace.ms(i.at)::text as at
