/** Where the restart tests keep their stores: each place makes new ones and reads them, also after a kill. */
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgClient, createPgliteClient, type SqlClient } from "@millrace/postgres";
import { type Contents, NOTHING, readContents } from "./contents.ts";
import type { IngestCommand } from "./ingest-process.ts";

/** One store. */
export interface TestStore extends Pick<IngestCommand, "store" | "environment"> {
  /** What it holds now; to be asked when no process uses it. */
  look(): Promise<Contents>;
  /** Frees its place. */
  remove(): Promise<void>;
}

/** A kind of store. */
export interface Place {
  readonly name: string;
  /** Longest time from a killed process to its successor's first new ledger row, on a quiet machine. */
  readonly firstWorkMs: number;
  /** An empty store, ready to be opened. */
  create(): Promise<TestStore>;
  /** A store whose first user has to make the database, too. */
  createBare(): Promise<TestStore>;
  dispose(): Promise<void>;
}

const EMBEDDED_FIRST_WORK_MS = 5_000;
const LEASE_MS = 2_000;
const SWEEP_MS = 1_000;
const POLL_MS = 20;
/** A test holds a transaction open while it waits for something. */
const CALL_TIMEOUT_MS = 120_000;

/** Embedded stores; `create` copies a database that was made once. */
export function embeddedPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "millrace-restart-"));
  const template = join(folder, "template");
  let made: Promise<void> | undefined;
  let stores = 0;
  const createBare = async (): Promise<TestStore> => {
    stores += 1;
    return embeddedStore(join(folder, `store-${stores}`), join(folder, "copy"));
  };
  return {
    name: "PGlite",
    firstWorkMs: EMBEDDED_FIRST_WORK_MS,
    createBare,
    create: async () => {
      made ??= withClient(createPgliteClient({ directory: template }), async () => {});
      await made;
      const store = await createBare();
      cpSync(template, store.store.slice("file:".length), { recursive: true });
      return store;
    },
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A copy is read, so that recovering what a kill left is up to the next process. */
function embeddedStore(directory: string, copy: string): TestStore {
  return {
    store: `file:${directory}`,
    environment: {},
    remove: async () => rmSync(directory, { recursive: true, force: true }),
    look: async () => {
      const isMade = existsSync(join(directory, "db")) && !existsSync(join(directory, "db.incomplete"));
      if (!isMade) return NOTHING;
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      cpSync(join(directory, "db"), join(copy, "db"), { recursive: true });
      const client = createPgliteClient({ directory: copy, durability: "process" });
      return withClient(client, (opened) => readContents(opened, "millrace"));
    },
  };
}

/** A place of stores on a server. */
export interface ServerPlace extends Place {
  /** Runs work on the server, beside the stores' own connections. */
  use<T>(work: (client: SqlClient) => Promise<T>): Promise<T>;
}

/** Stores on a PostgreSQL server, a schema each. */
export function serverPlace(url: string): ServerPlace {
  const schemas: string[] = [];
  const use = <T>(work: (client: SqlClient) => Promise<T>): Promise<T> =>
    withClient(createPgClient({ url, callTimeoutMs: CALL_TIMEOUT_MS }), work);
  const create = async (): Promise<TestStore> => {
    const schema = `restart_${randomBytes(6).toString("hex")}`;
    schemas.push(schema);
    return {
      store: `${url}?application_name=${schema}`,
      environment: {
        MILLRACE_STORE_SCHEMA: schema,
        MILLRACE_WORKER_LEASE: `${LEASE_MS}ms`,
        MILLRACE_WORKER_SWEEP: `${SWEEP_MS}ms`,
      },
      remove: () => use((client) => drop(client, schema)),
      look: () =>
        use(async (client) => {
          await untilGone(client, schema);
          return readContents(client, schema);
        }),
    };
  };
  return {
    name: "PostgreSQL",
    firstWorkMs: LEASE_MS + SWEEP_MS + EMBEDDED_FIRST_WORK_MS,
    use,
    create,
    createBare: create,
    dispose: () =>
      use(async (client) => {
        for (const schema of schemas) await drop(client, schema);
      }),
  };
}

function drop(client: SqlClient, schema: string): Promise<void> {
  return client.script(`drop schema if exists ${schema} cascade`);
}

/** The server may still commit what a killed process sent last. */
async function untilGone(client: SqlClient, application: string): Promise<void> {
  for (;;) {
    const sessions = await client.query("select pid from pg_stat_activity where application_name = $1", [
      application,
    ]);
    if (sessions.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function withClient<T>(client: SqlClient, work: (client: SqlClient) => Promise<T>): Promise<T> {
  await client.open();
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
