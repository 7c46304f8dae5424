/** Owns what is left when a worker is killed in the middle of a run of bulk embedding: each vector once, sums exact. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ItemRow } from "@millrace/core";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, expect, test } from "vitest";
import { bulkHomes } from "./bulk-homes.ts";
import { BulkScene, MODEL } from "./bulk-scene.ts";

const PROGRAM = fileURLToPath(new URL("embed-worker.mjs", import.meta.url));
const SCHEMA = "bulk_killed_test";
const ITEMS = 400;

const workers: ChildProcess[] = [];
let scene: BulkScene | undefined;
afterEach(async () => {
  for (const worker of workers.splice(0)) await killed(worker);
  await scene?.close();
});

function worker(origin: string): ChildProcess {
  const model = { url: `${origin}/v1`, dimensions: 8, maxInputs: 10, concurrency: 3 };
  const environment = {
    MILLRACE_STORE_URL: testPostgresUrl(),
    MILLRACE_STORE_SCHEMA: SCHEMA,
    MILLRACE_WORKER_LEASE: "3s",
    MILLRACE_WORKER_HEARTBEAT: "500ms",
    MILLRACE_WORKER_SWEEP: "500ms",
    MILLRACE_MODELS: JSON.stringify({ [MODEL]: model }),
  };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(environment)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  workers.push(child);
  return child;
}

/** A worker that ends by itself has failed. */
async function endOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, "exit");
  throw new Error(`the worker ended by itself (${code})`);
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("a worker killed in the middle costs nothing: each item ends once, with its vector", async () => {
  const home = bulkHomes(SCHEMA).find(({ name }) => name === "postgres");
  if (home === undefined) throw new TypeError("there is no home on PostgreSQL");
  scene = await BulkScene.on(home, { server: { delayMs: 40 } });
  const { server } = scene;
  const { mr, embed, collections } = scene.process({ works: false });
  const records = Array.from({ length: ITEMS }, (_, index) => ({
    id: `item-${index}`,
    text: `text ${index}`,
  }));
  const run = await mr.start(embed, { file: scene.file(records) });
  const first = worker(server.origin);
  await Promise.race([server.until(() => server.textsAnswered >= 100), endOf(first)]);
  await killed(first);
  const second = worker(server.origin);
  const row = await Promise.race([run.finished(), endOf(second)]);
  expect(row).toMatchObject({ state: "completed", counters: { items: { read: ITEMS, done: ITEMS } } });
  const { inserted = 0, updated = 0 } = row.counters["items"] ?? {};
  expect({ inserted, updated }).toEqual({ inserted: ITEMS, updated: 0 });
  const rows: ItemRow[] = [];
  for await (const item of run.items("items")) rows.push(item);
  expect(new Set(rows.map(({ key, state }) => `${key} ${state}`))).toEqual(
    new Set(records.map(({ id }) => `${id} done`)),
  );
  expect(rows).toHaveLength(ITEMS);
  await collections.prepare();
  expect(await collections.count(`${MODEL}_embeddings`)).toBe(ITEMS);
  expect(server.textsAnswered).toBeGreaterThanOrEqual(ITEMS);
  expect(server.textsAnswered).toBeLessThanOrEqual(ITEMS + 6 * 10); // chunks in flight may be asked for again
});
