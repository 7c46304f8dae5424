-- 0008-lean: what cost most of a claim and an end, measured. Ids are stored as they are: compressing a thousand of them took
-- longer than writing them. Milliseconds come from date_part, whose double holds microseconds exactly; numeric was slow.

alter table millrace.lease alter column ids set storage external;
alter table millrace.journal alter column ids set storage external;

create or replace function millrace.ms(at timestamptz) returns bigint language sql immutable parallel safe
  as 'select floor(round(date_part(''epoch'', at) * 1e6) / 1e3)::bigint';
