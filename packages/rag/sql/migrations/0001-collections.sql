-- 0001-collections: collections with their documents, pages and passages. 0002 adds the vectors, in one of two ways.
create table millrace.collection (
  id integer generated always as identity primary key,
  name text collate "C" not null unique,
  model text not null,
  dimensions integer not null,
  created_at timestamptz not null default now()
);

create table millrace.document (
  collection integer not null,
  source text collate "C" not null,
  hash text not null,
  pipeline text not null,
  format text not null,
  engine text not null,
  bytes bigint not null,
  pages integer not null,
  passages integer not null,
  extract_ms integer not null,
  indexed_at timestamptz not null,
  primary key (collection, source)
);

-- start_at and end_at: UTF-16 offsets into the page's text. heading_path: json [text].
create table millrace.passage (
  id uuid primary key,
  collection integer not null,
  source text collate "C" not null,
  ordinal integer not null,
  page_start integer not null,
  page_end integer not null,
  start_at integer not null,
  end_at integer not null,
  tokens integer not null,
  heading_path text not null,
  body text not null
);
create index passage_source on millrace.passage (collection, source);

-- The text that passages' offsets count in.
create table millrace.page (
  collection integer not null,
  source text collate "C" not null,
  number integer not null,
  body text not null,
  primary key (collection, source, number)
);
