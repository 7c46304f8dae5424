// Owns what scenes ask the database apart from the systems under test.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** How often it is asked whether anything is left. */
const LOOK_MS = 5;

/** A connection of the scene's own. */
export async function connect(url) {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

/** Resolves when the query says that nothing is left. */
export async function untilNothingIsLeft(database, query) {
  while ((await database.query(query)).rows[0].left) await sleep(LOOK_MS);
}
