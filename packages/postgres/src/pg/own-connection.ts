/** Connections beside the pool: how each is made, and that one that is to listen does not lead to a pooler. */
import { MillraceError } from "@millrace/core";
import type { Client, ClientConfig } from "pg";
import { greeterOf } from "./backend-key.ts";
import { BACKEND, isPooled } from "./pooler.ts";

/** Where one leads. */
export interface OwnAddress {
  /** As errors call it. */
  readonly where: string;
  readonly config: ClientConfig;
}

/** One of its own, not connected yet. */
export async function newConnection({ config }: OwnAddress): Promise<Client> {
  const { default: pg } = await import("pg");
  return new pg.Client({ ...config, keepAlive: true });
}

/**
 * For a connection that is to listen: behind a pooler `listen` succeeds, and nothing is ever heard.
 * @throws MillraceError `bad-config` where a pooler answers.
 */
export async function refusePooler(client: Client, where: string): Promise<void> {
  const { rows } = await client.query<{ backend: number }>(`select ${BACKEND}`);
  if (!isPooled(greeterOf(client), rows[0]?.backend)) return;
  throw new MillraceError(
    "bad-config",
    `Nothing can be heard of new jobs at ${where}: a pooler answers there. Name the server itself in store.directUrl, or leave it out and have workers poll.`,
    { details: { where } },
  );
}

/**
 * Looks who answers at an address. One that nobody answers at now may be right later.
 * @throws MillraceError `bad-config` where it is a pooler.
 */
export async function refusePooledAddress(address: OwnAddress): Promise<void> {
  const client = await newConnection(address);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await refusePooler(client, address.where);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
