/** What others see on a PostgreSQL server: processes that share a run, and a transaction that a kill cuts in two. */
import { rmSync } from "node:fs";
import type { SqlClient } from "@millrace/postgres";
import { loadSettings, openCollections } from "millrace";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { donePaths, outcomesOf, textOf } from "./contents.ts";
import { type IngestProcess, reportOf } from "./ingest-process.ts";
import { serverPlace, type TestStore } from "./place.ts";
import { type Corpus, makeCorpus, runUndisturbed, type Undisturbed, withIngest } from "./undisturbed.ts";

const SEED = 12;
/** One window of the reader is enough here. */
const NOTES = 20;
const WAIT = { timeout: 60_000, interval: 20 };
/** Leaves chunks for the other process. */
const ONE_CHUNK_EACH = { MILLRACE_WORKER_CONCURRENCY: "2" };

const place = serverPlace(process.env.MILLRACE_TEST_POSTGRES_URL ?? "");
let corpus: Corpus;
let undisturbed: Undisturbed;

beforeAll(async () => {
  corpus = makeCorpus(SEED, NOTES);
  undisturbed = await runUndisturbed(corpus, await place.create());
});

afterAll(async () => {
  rmSync(corpus.place, { recursive: true });
  await place.dispose();
});

describe("two ingests of the same paths at once", () => {
  test("share one run, and when one is killed the other finishes all of it", async () => {
    const store = await place.create();
    const command = { folder: corpus.folder, ...withEnvironment(store, ONE_CHUNK_EACH) };
    const passages = await heldPassages(store);
    await withIngest(command, (one) =>
      withIngest(command, async (other) => {
        await place.use(async (client) => {
          await vi.waitFor(async () => {
            const holders = await chunkHolders(client, store);
            expect([one, other].filter(({ pid }) => holders.has(pid))).toHaveLength(2);
          }, WAIT);
          await one.kill();
        });
        await passages.release();
        expect(reportOf(await other.ended)).toEqual(undisturbed.report);
        expect(await one.childrenLeft(WAIT.timeout)).toEqual([]);
      }),
    );
    const { runs, ...contents } = await store.look();
    expect(runs).toHaveLength(1);
    expect(outcomesOf(runs[0])).toEqual(outcomesOf(undisturbed.contents.runs[0]));
    expect(textOf({ runs, ...contents })).toEqual(textOf(undisturbed.contents));
  });
});

describe("a process killed between a document's ledger row and its passages", () => {
  test("leaves neither, and the next one writes both", async () => {
    const store = await place.create();
    const command = { folder: corpus.folder, ...store };
    const passages = await heldPassages(store);
    await place.use((client) =>
      withIngest(command, async (ingest) => {
        await vi.waitFor(async () => expect(await waitsForPassages(client, store)).toBe(true), WAIT);
        await ingest.kill();
      }),
    );
    await passages.release();
    const cut = await store.look();
    expect([...cut.documents.keys()]).toEqual(donePaths(cut.runs[0]));
    await withIngest(command, async (next) => expect(reportOf(await next.ended)).toEqual(undisturbed.report));
    expect(textOf(await store.look())).toEqual(textOf(undisturbed.contents));
  });
});

function withEnvironment(store: TestStore, more: TestStore["environment"]): TestStore {
  return { ...store, environment: { ...store.environment, ...more } };
}

function schemaOf({ environment }: TestStore): string {
  return environment.MILLRACE_STORE_SCHEMA ?? "";
}

/** Makes the tables, and keeps everybody from writing passages: whoever begins a chunk does not end it. */
async function heldPassages(store: TestStore): Promise<{ release(): Promise<void> }> {
  const settings = await loadSettings({ environment: store.environment, folder: corpus.place });
  await (await openCollections({ store: store.store, settings })).close();
  const client = new Client({ connectionString: process.env.MILLRACE_TEST_POSTGRES_URL });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(`begin; lock table ${schemaOf(store)}.passage in exclusive mode`);
  return { release: async () => void (await client.query("commit")) };
}

/** The processes that run a chunk now. A worker is called after its host and process. */
async function chunkHolders(client: SqlClient, store: TestStore): Promise<ReadonlySet<IngestProcess["pid"]>> {
  const schema = schemaOf(store);
  const rows = await client.query<{ worker: string }>(
    `select l.worker from ${schema}.job j join ${schema}.lease l on l.id = j.lease where j.name like '%/chunk'`,
  );
  return new Set(rows.map(({ worker }) => Number(worker.split(":").at(-2))));
}

async function waitsForPassages(client: SqlClient, store: TestStore): Promise<boolean> {
  const rows = await client.query(
    `select 1 from pg_stat_activity
     where application_name = $1 and wait_event_type = 'Lock' and query like '%passage%'`,
    [schemaOf(store)],
  );
  return rows.length > 0;
}
