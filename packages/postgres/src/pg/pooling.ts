/** Whether something pools connections between here and the server, and how. */
import type { Client } from "pg";
import type { Pooling } from "../sql-client.ts";
import { greeterOf } from "./backend-key.ts";
import { newConnection, type OwnAddress } from "./own-connection.ts";
import { pgError } from "./pg-errors.ts";
import { BACKEND, isPooled } from "./pooler.ts";

/** How often two connections are asked in turn: other clients may get in between. */
const TRIES = 3;
/** Longest wait in ms for an answer: a pooler whose pool is in use keeps us waiting. */
const PATIENCE_MS = 2_000;

/**
 * A server tells each connection the number of its process; a pooler such as PgBouncer makes one up. A connection that meets
 * another process than before, or one that another open connection has met, shares them: the pooler gives server
 * connections out for a transaction (or a statement) at a time.
 * @throws MillraceError `store-unreachable`
 */
export async function poolingOf({ where, config }: OwnAddress): Promise<Pooling> {
  const bounded = { ...config, query_timeout: PATIENCE_MS };
  try {
    return await pooling(() => newConnection({ where, config: bounded }));
  } catch (error) {
    throw pgError(error, where);
  }
}

async function pooling(connect: () => Promise<Client>): Promise<Pooling> {
  const first = await connect();
  try {
    await first.connect();
    const process = await processOf(first);
    if (!isPooled(greeterOf(first), process)) return "none";
    return (await isShared(first, connect)) ? "transaction" : "session";
  } finally {
    await first.end().catch(() => undefined);
  }
}

async function isShared(first: Client, connect: () => Promise<Client>): Promise<boolean> {
  const second = await connect();
  try {
    await second.connect();
    const met = { first: new Set<number>(), second: new Set<number>() };
    for (let tried = 0; tried < TRIES; tried += 1) {
      met.first.add(await processOf(first));
      met.second.add(await processOf(second));
    }
    return met.first.size > 1 || met.second.size > 1 || [...met.first].some((pid) => met.second.has(pid));
  } catch {
    return false; // a pool of one connection, which the first has to itself
  } finally {
    await second.end().catch(() => undefined);
  }
}

/** The server process that answers; asked in one message, so that nothing has to be kept between two. */
async function processOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ backend: number }>(`select ${BACKEND}`);
  return rows[0]?.backend ?? 0;
}
