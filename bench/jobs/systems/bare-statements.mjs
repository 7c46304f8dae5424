// Owns the floor of a drain on PostgreSQL: two connections that claim a thousand jobs by one statement and end them by the
// next, over the narrowest tables that lease, fence and keep history. No queue: nothing retries, counts attempts, wakes
// parents, follows cancels or survives a crash of the worker, and handlers are called in a plain loop.
import { randomUUID } from "node:crypto";
import pg from "pg";

const CONNECTIONS = 2;
const BATCH = 1_000;

const TABLES = `
create sequence token;
create table job (
  id uuid primary key, token bigint not null default 0, run_at timestamptz not null, lease uuid, parent uuid,
  class smallint not null, state smallint not null default 0, queue text not null, ukey text, env text not null
) with (fillfactor = 70);
create index on job (queue, class, run_at, id) where state = 0;
create index on job (parent) where parent is not null;
create unique index on job (ukey) where ukey is not null;
create table lease (id uuid primary key, until timestamptz not null);
create table finished (
  id uuid not null, finished_at timestamptz not null, queue text not null, class smallint not null, env text not null,
  result text
);
create index on finished (id);
create table journal (seq bigint generated always as identity primary key, kind text not null, ids uuid[] not null);
`;

const ENQUEUE = `
insert into job (id, run_at, class, queue, env)
select gen_random_uuid(), now(), 2, 'default', env from unnest($1::text[]) env`;

const CLAIM = `
with l as (insert into lease values ($1, now() + interval '30 s'))
update job j set state = 1, lease = $1, token = nextval('token')
where j.id = any(array(
  select id from job where queue = 'default' and state = 0 and class = 2 and run_at <= now()
  order by run_at, id limit $2 for update skip locked))
returning j.id, j.token, j.env`;

const COMPLETE = `
with d as (delete from job j where j.id = any($1::uuid[]) and j.token = any($2::bigint[]) returning *),
h as (
  insert into finished select d.id, now(), d.queue, d.class, d.env, s.result
  from d join unnest($1::uuid[], $2::bigint[], $3::text[]) s(id, token, result) using (id)
), e as (insert into journal (kind, ids) select 'completed', $1::uuid[])
select count(*) from d`;

/** Opens a client on an empty database. */
export async function openSystem(url) {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  await pool.query(TABLES);
  return {
    enqueueMany: (payloads) => pool.query(ENQUEUE, [payloads.map((payload) => JSON.stringify(payload))]),
    work: async ({ handle }) => {
      const loops = Promise.all(Array.from({ length: CONNECTIONS }, () => drainAll(pool, handle)));
      return { stop: () => loops };
    },
    close: () => pool.end(),
  };
}

/** Until a claim finds nothing. */
async function drainAll(pool, handle) {
  for (;;) {
    const claimed = await pool.query({ name: "claim", text: CLAIM, values: [randomUUID(), BATCH] });
    if (claimed.rows.length === 0) return;
    await Promise.all(claimed.rows.map(({ env }) => handle(JSON.parse(env))));
    const lists = [
      claimed.rows.map(({ id }) => id),
      claimed.rows.map(({ token }) => token),
      claimed.rows.map(() => "null"),
    ];
    await pool.query({ name: "complete", text: COMPLETE, values: lists });
  }
}

export const unfinished = "select exists (select 1 from job) as left";
export const history = "select count(*)::int as kept from finished";
