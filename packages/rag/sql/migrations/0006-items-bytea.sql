-- 0006-items-bytea: items' vectors as little-endian float4 bytes, beside passages that have them so.
alter table millrace.collection_item add column embedding bytea not null;
alter table millrace.collection_item alter column embedding set storage external;
