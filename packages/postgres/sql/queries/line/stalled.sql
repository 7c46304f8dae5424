-- stalled: looks through ordering keys for those whose jobs wait behind nobody: a worker of an older version has ended
-- the one in front. $1 the key to go on after, $2 limit of keys. Returns the keys looked at, and which are stalled.
with recursive w(key, n) as (
  (select b.ordering_key, 1 from millrace.job b where b.state = 2 and b.ordering_key > $1
    order by b.ordering_key limit 1)
  union all
  select (select b.ordering_key from millrace.job b where b.state = 2 and b.ordering_key > w.key
    order by b.ordering_key limit 1), w.n + 1
  from w where w.key is not null and w.n < $2::integer
)
select w.key,
  not exists (select from millrace.job h where h.ordering_key = w.key and h.state <> 2) as stalled
from w where w.key is not null order by w.key
