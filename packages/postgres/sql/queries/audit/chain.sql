-- chain: gives committed records their places, each chained to the one before it of its tenant. $1 limit.
-- Returns how many. Runs under the lock of audit/lock. Places follow seq: of one transaction, and of transactions one
-- after the other, what was written first. Locks: the records, then the chains by tenant.
with u as materialized (
  select a.seq, a.tenant, a.text from millrace.audit a
  where a.n is null
  order by a.seq limit $1
  for update skip locked
), c as materialized (
  select t.tenant, coalesce(h.n, 0) as n, coalesce(h.hash, decode(repeat('00', 32), 'hex')) as hash
  from (select distinct u.tenant from u) t left join millrace.audit_chain h on h.tenant = t.tenant
), l as materialized (
  select u.seq, u.tenant, c.n + row_number() over w as n, c.hash as start,
    millrace.audit_hash(c.hash, u.text) over w as hash
  from u join c on c.tenant = u.tenant
  window w as (partition by u.tenant order by u.seq)
), p as materialized (
  select l.seq, l.tenant, l.n, l.hash,
    coalesce(lag(l.hash) over (partition by l.tenant order by l.seq), l.start) as previous
  from l
), s as (
  update millrace.audit a set n = p.n, previous = p.previous, hash = p.hash
  from p where a.seq = p.seq
), h as (
  insert into millrace.audit_chain (tenant, n, hash)
  select distinct on (p.tenant) p.tenant, p.n, p.hash from p order by p.tenant, p.n desc
  on conflict (tenant) do update set n = excluded.n, hash = excluded.hash
)
select count(*)::integer as chained from p
