-- 0005-search: what searches filter by and read words with, items beside passages, and the collection that another one
-- is to take the place of. Adds only: a process of an older version goes on beside it and leaves the new columns alone.
-- Locks: collection and passage for a moment each; no row is rewritten.
alter table millrace.collection add column language text collate "C" not null default 'simple';
-- The name this collection waits for; what has one is not listed and is found by its own name only.
alter table millrace.collection add column replaces text collate "C";
create unique index collection_replaces on millrace.collection (replaces) where replaces is not null;
alter table millrace.passage add column metadata jsonb;

-- 0006 adds the vectors.
create table millrace.collection_item (
  collection integer not null,
  id text collate "C" not null,
  body text,
  metadata jsonb,
  primary key (collection, id)
);

-- Whether metadata meets every condition of a json array: {key, in: [scalar]} or {key, atLeast?, atMost?} of one type.
-- Texts compare by their bytes. A missing key, or a value that is no scalar, meets nothing.
create function millrace.metadata_meets(metadata jsonb, conditions jsonb) returns boolean
language sql immutable parallel safe as $$
  select coalesce(bool_and(coalesce(case
    when c.value is null or jsonb_typeof(c.value) in ('object', 'array') then false
    when c.condition ? 'in' then c.condition -> 'in' @> jsonb_build_array(c.value)
    when jsonb_typeof(c.value) = 'number' then
      (not c.condition ? 'atLeast' or case when jsonb_typeof(c.condition -> 'atLeast') = 'number'
        then (c.value #>> '{}')::numeric >= (c.condition ->> 'atLeast')::numeric else false end)
      and (not c.condition ? 'atMost' or case when jsonb_typeof(c.condition -> 'atMost') = 'number'
        then (c.value #>> '{}')::numeric <= (c.condition ->> 'atMost')::numeric else false end)
    when jsonb_typeof(c.value) = 'string' then
      (not c.condition ? 'atLeast' or (jsonb_typeof(c.condition -> 'atLeast') = 'string'
        and (c.value #>> '{}') collate "C" >= (c.condition ->> 'atLeast') collate "C"))
      and (not c.condition ? 'atMost' or (jsonb_typeof(c.condition -> 'atMost') = 'string'
        and (c.value #>> '{}') collate "C" <= (c.condition ->> 'atMost') collate "C"))
    else false
  end, false)), true)
  from (
    select condition, metadata -> (condition ->> 'key') as value from jsonb_array_elements(conditions) e(condition)
  ) c
$$;
