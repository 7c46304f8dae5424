-- 0003-control: why running jobs are cancelled, whose children are to follow, and finished jobs by age.

-- The record of a running job's cancellation; there while `cancelling`.
alter table millrace.job add column cancel_record text;
-- What holders poll: nothing is in it but running jobs that were cancelled.
create index job_cancelling on millrace.job (lease) where cancelling;

-- Cancelled jobs whose children the sweep has not all seen to.
create table millrace.cancelled_parent (
  parent uuid primary key
);

create index finished_age on millrace.finished (state, finished_at);
create index dead_age on millrace.dead (finished_at);
