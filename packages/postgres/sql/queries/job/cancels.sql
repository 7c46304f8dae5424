-- cancels: the flagged jobs running under leases. $1 leases uuid[].
select j.id::text as job, j.token::text, j.cancel_record as record
from millrace.job j
where j.lease = any($1::uuid[]) and j.cancelling and j.state = 1
