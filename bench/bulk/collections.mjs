// Owns the collections that rows write to: on an embedded database in a folder of its own, or in a schema of the server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgClient, createPgliteClient, encodeCopy, sqlOf } from "../../packages/postgres/dist/index.js";
import { SqlCollections } from "../../packages/rag/dist/index.js";

const SCHEMA = "bench_bulk";

/** Runs `work` on empty collections of an embedded database as the command line opens it, then removes it. */
export async function withEmbedded(work) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    return await withClient(createPgliteClient({ directory: join(folder, "store") }), work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same on the server. */
export function withServer(url, work) {
  return withClient(createPgClient({ url }), work);
}

async function withClient(client, work) {
  await client.open();
  try {
    const collections = new SqlCollections(databaseOver(client), { schema: SCHEMA });
    await collections.prepare();
    return await work(collections);
  } finally {
    await client.script(`drop schema if exists ${SCHEMA} cascade`);
    await client.close();
  }
}

function databaseOver(client) {
  return {
    query: (text, values) => client.query(text, values),
    script: (text, limitMs) => client.script(text, limitMs),
    copyIn: (text, chunks) => client.copyIn(text, chunks),
    transaction: (work) => client.transaction(work),
    joined: (transaction) => sqlOf(transaction),
    encode: (columns, rows) => encodeCopy(rows, { columns }),
  };
}
