-- 0013-audit: what people did and what happened, in records that nobody edits, chained by hash for each tenant.

-- text: the canonical record, the only thing that is hashed; tenant, type, resource_type, resource_id and at say the same
-- for finding it. n, previous, hash: its place in the tenant's chain, given after commit.
create table millrace.audit (
  seq bigint generated always as identity primary key,
  tenant text collate "C" not null,
  n bigint,
  at timestamptz not null,
  type text collate "C" not null,
  resource_type text collate "C" not null,
  resource_id text collate "C",
  previous bytea,
  hash bytea,
  text text not null
);
create unique index audit_place on millrace.audit (tenant, n) where n is not null;
create index audit_unchained on millrace.audit (seq) where n is null;
create index audit_at on millrace.audit (at, seq);
create index audit_tenant on millrace.audit (tenant, at, seq);
create index audit_type on millrace.audit (type, at, seq);
create index audit_resource on millrace.audit (resource_type, resource_id, at, seq);

-- The end of each tenant's chain, and the last record that retention let go of: the chain begins after that.
create table millrace.audit_chain (
  tenant text collate "C" primary key,
  n bigint not null,
  hash bytea not null,
  pruned_n bigint not null default 0,
  pruned_hash bytea not null default decode(repeat('00', 32), 'hex')
) with (fillfactor = 70);

-- The hash of a record: SHA-256 over the bytes of the one before and the UTF-8 bytes of the text.
create function millrace.audit_link(state bytea, start bytea, text text) returns bytea language sql immutable
  as $$ select sha256(coalesce(state, start) || convert_to(text, 'UTF8')) $$;

-- As a window function: the hashes of texts in their order, the first chained to `start`.
create aggregate millrace.audit_hash(start bytea, text text) (sfunc = millrace.audit_link, stype = bytea);

-- Records are neither changed nor deleted: an update may only give one its place, once, and a delete take only what is
-- noted as let go of in the chain's own row.
create function millrace.audit_refuse() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if old.n is null and (new.seq, new.tenant, new.at, new.type, new.resource_type, new.text)
        = (old.seq, old.tenant, old.at, old.type, old.resource_type, old.text)
      and new.resource_id is not distinct from old.resource_id
    then return new; end if;
    raise exception 'records of the audit are not changed (%, %)', old.tenant, old.n using errcode = '55000';
  end if;
  if tg_op = 'DELETE' then
    if old.n <= (select c.pruned_n from millrace.audit_chain c where c.tenant = old.tenant) then return old; end if;
    raise exception 'records of the audit are not deleted (%, %)', old.tenant, old.n using errcode = '55000';
  end if;
  raise exception 'the audit is not emptied' using errcode = '55000';
end $$;

create trigger audit_kept before update or delete on millrace.audit
  for each row execute function millrace.audit_refuse();
create trigger audit_whole before truncate on millrace.audit
  for each statement execute function millrace.audit_refuse();
