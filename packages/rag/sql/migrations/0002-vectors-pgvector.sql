-- 0002-vectors-pgvector: vectors in pgvector's type, where the server has it.
create extension if not exists vector;
alter table millrace.passage add column embedding vector not null;
