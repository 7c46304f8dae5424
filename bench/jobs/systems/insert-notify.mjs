// Owns the floor of latency on PostgreSQL: one durable insert with a NOTIFY in its transaction, and somebody who listens.
// No queue at all: nothing is claimed, retried or finished.
import pg from "pg";

/** Opens a client on an empty database. */
export async function openSystem(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("create table if not exists letter (body text not null)").catch(ignoreRace);
  return {
    enqueue: (payload) => client.query(INSERT, [JSON.stringify(payload)]),
    work: async ({ handle }) => {
      client.on("notification", ({ payload }) => handle(JSON.parse(payload)));
      await client.query("listen letters");
      return { stop: () => client.query("unlisten letters") };
    },
    close: () => client.end(),
  };
}

const INSERT =
  "with l as (insert into letter values ($1) returning body) select pg_notify('letters', body) from l";

/** Two processes may make the table at once; one of them does. */
function ignoreRace(error) {
  if (error.code !== "23505" && error.code !== "42P07") throw error;
}
