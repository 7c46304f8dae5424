/** A process dies at any store call of a run that reads and writes files and tables: every row and every line is there once. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePipeline, isFinishedRun, type Pipeline, type RunId, type Store } from "@millrace/core";
import { csvReader, mergeParts, ndjsonWriter, type QuerySource, sqlReader } from "@millrace/core/items";
import { tableWriter } from "@millrace/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BatchScene, Process } from "../batch/batch-scene.ts";
import type { Fault } from "../batch/calls.ts";
import { onScene } from "../batch/rule.ts";
import { pgliteHome } from "../stores/pglite-home.ts";
import { postgresHome } from "../stores/postgres-home.ts";

interface Word {
  readonly n: number;
  readonly word: string;
}

const WORDS = Array.from({ length: 17 }, (_, at): Word => ({ n: at + 1, word: `word "${at + 1}"\n\\.` }));
/** These come to nothing: one is no record, one fails in the table, one fails in its processor. */
const BAD = new Set([4, 9, 13]);
const GOOD = WORDS.filter(({ n }) => !BAD.has(n));

function recordOf({ n, word }: Word): string {
  if (n === 4) return `${n}\n`;
  return `${n},"${word.replaceAll('"', '""')}"\n`;
}

/** One statement at a time on the store's own database. */
function databaseOf(store: Store): QuerySource {
  return {
    query: async (text, values) => {
      const { transactions } = store.capabilities;
      return (await transactions?.run((sql) => sql.query(text, values as string[]))) ?? [];
    },
  };
}

function pipelineOn(store: Store, folder: string): Pipeline<{ folder: string }> {
  const file = ndjsonWriter<Word>(join(folder, "words.ndjson"));
  return definePipeline<{ folder: string }>({ name: "words" })
    .step("load", {
      reader: ({ params }) => csvReader(join(params.folder, "words.csv")),
      process: (row): Word => {
        if (row["n"] === "13") throw new Error("thirteen");
        return { n: row["n"] === "9" ? -1 : Number(row["n"]), word: row["word"] ?? "" };
      },
      writer: tableWriter<Word>({ table: "word_of_test", columns: ["n", "word"] }),
      chunkSize: 4,
      concurrency: 2,
      commit: { items: 2 },
      retry: "none",
    })
    .step("copy", {
      reader: sqlReader<Word>({
        database: databaseOf(store),
        query: "select n, word from word_of_test",
        cursor: "n",
        pageSize: 3,
      }),
      writer: file,
      chunkSize: 4,
      concurrency: 2,
      commit: { items: 2 },
    })
    .step("merge", mergeParts(file, "copy"));
}

/** A run by as many processes as it takes; how many calls the first one made. */
async function undergo(scene: BatchScene, fault?: Fault) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-restarts-"));
  const database = databaseOf(scene.store);
  try {
    writeFileSync(join(folder, "words.csv"), `n,word\n${WORDS.map(recordOf).join("")}`);
    await database.query("drop table if exists word_of_test", []);
    await database.query("create table word_of_test (n integer not null check (n > 0), word text)", []);
    const start = (its?: Fault) => scene.process((store) => pipelineOn(store, folder), its);
    const process = start(fault);
    let id = await begun(scene, process, folder);
    await scene.until(async () => process.calls.isDead || (id !== undefined && (await isOver(scene, id))));
    const { made } = process.calls;
    if (process.calls.isDead) {
      await scene.bury(process);
      const heir = start();
      if (id === undefined || !(await isOver(scene, id))) id = await begun(scene, heir, folder);
    }
    if (id === undefined) throw new Error("the run cannot be started");
    const run = await scene.ended(id);
    return {
      made,
      state: run.state,
      error: run.error,
      counters: { load: run.counters["load"], copy: run.counters["copy"] },
      rows: await database.query("select n, word from word_of_test order by n", []),
      file: readFileSync(join(folder, "words.ndjson"), "utf8"),
    };
  } finally {
    await database.query("drop table if exists word_of_test", []);
    rmSync(folder, { recursive: true });
  }
}

async function begun(scene: BatchScene, process: Process<{ folder: string }>, folder: string) {
  try {
    return (await scene.start(process, { folder })).id;
  } catch (error) {
    if (process.calls.isDead) return undefined;
    throw error;
  }
}

async function isOver(scene: BatchScene, id: RunId): Promise<boolean> {
  return isFinishedRun((await scene.run(id)).state);
}

type Left = Awaited<ReturnType<typeof undergo>>;

/** Each part of the calls is a test of its own, for the machine may be slow. */
const PARTS = [0, 1, 2, 3];

describe.each([
  { home: pgliteHome(), stride: 17 },
  { home: postgresHome("items"), stride: 17 },
])("on $home.name", ({ home, stride }) => {
  let undisturbed: Left;
  beforeAll(async () => {
    await home.start();
    undisturbed = await onScene(home, (scene) => undergo(scene));
  });
  afterAll(() => home.stop());

  test("an undisturbed run writes what is good, once", () => {
    expect(undisturbed).toMatchObject({
      state: "partial",
      counters: { load: { read: 17, done: 14, failed: 3 }, copy: { read: 14, done: 14 } },
      rows: GOOD,
      file: GOOD.map((word) => `${JSON.stringify(word)}\n`).join(""),
    });
    expect(undisturbed.made).toBeGreaterThan(100);
  });

  test.each(PARTS)(
    "what it was to write is there exactly once, wherever its process died (part %i)",
    async (part) => {
      for (let at = 1 + part * stride; at <= undisturbed.made; at += PARTS.length * stride) {
        for (const when of ["before", "after"] as const) {
          const left = await onScene(home, (scene) => undergo(scene, { at, when, what: "death" }));
          expect({ ...left, made: undisturbed.made }, `death ${when} call ${at}`).toEqual(undisturbed);
        }
      }
    },
  );
});
