-- 0002-vectors-bytea: vectors as little-endian float4 bytes, searched by an exact scan, where there is no pgvector.
-- Hashed vectors compress little and slowly: they are kept as they are, as pgvector does.
alter table millrace.passage add column embedding bytea not null;
alter table millrace.passage alter column embedding set storage external;
