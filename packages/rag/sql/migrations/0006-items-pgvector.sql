-- 0006-items-pgvector: items' vectors in pgvector's type, beside passages that have them so.
alter table millrace.collection_item add column embedding vector not null;
