-- 0007-embedding-cache: vectors of texts by the sha256 of model, dimensions and text, as little-endian float4 bytes.
create table millrace.embedding_cache (
  key bytea primary key,
  embedding bytea not null,
  used_at timestamptz not null default now()
);
alter table millrace.embedding_cache alter column embedding set storage external;
create index embedding_cache_used on millrace.embedding_cache (used_at);

-- How many there are, so that nobody counts them: one row, changed with each put.
create table millrace.embedding_cache_size (
  is_one boolean primary key default true check (is_one),
  entries bigint not null
);
insert into millrace.embedding_cache_size (entries) values (0);
