/** Readers and writers in runs: bad records are failed items, and a file has exactly what the ledger says is done. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import type { RunId } from "../../model/ids.ts";
import { isFinishedRun, type RunRow } from "../../model/run.ts";
import { gate, type Scene, scene, unreachable } from "../../testing/scene.fixture.ts";
import type { Reader } from "../definition.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { RunHandle } from "../run/run-handle.ts";
import { arrayReader } from "./array-reader.ts";
import { csvReader } from "./csv-reader.ts";
import { csvWriter } from "./csv-writer.ts";
import { folderReader } from "./folder-reader.ts";
import { mergeParts } from "./merge-parts.ts";
import { ndjsonReader } from "./ndjson-reader.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { testFolder } from "./reading.fixture.ts";
import { Upload } from "./upload.ts";
import { uploadReader } from "./upload-reader.ts";

const folder = testFolder();
afterAll(() => folder.remove());
let turn = 0;

function newPath(ending: string): string {
  turn += 1;
  return folder.path(`run-${turn}.${ending}`);
}

function written(ending: string, content: string): string {
  const path = newPath(ending);
  writeFileSync(path, content);
  return path;
}

/** Moves time until the run has ended. */
async function ended(of: Scene<readonly []>, handle: RunHandle): Promise<RunRow> {
  for (let step = 0; step < 3_600; step += 1) {
    const row = await handle.row();
    if (isFinishedRun(row.state)) return row;
    await of.time.advance(1_000);
  }
  throw new Error(`run ${handle.id} does not end`);
}

async function finished(pipeline: Pipeline<object>, of: Scene<readonly []> = scene([pipeline])) {
  const handle = await of.mr.start(pipeline, {});
  const worker = of.mr.worker();
  const row = await ended(of, handle);
  return { of, handle, row, worker };
}

async function ledgerOf(of: Scene<readonly []>, run: RunId) {
  return (await of.store.items({ run, step: "load" }, { limit: 10_000 })).rows;
}

async function uploaded(lines: string): Promise<string> {
  const path = newPath("upload");
  const upload = await Upload.open(path);
  const body = async function* () {
    yield Buffer.from(lines);
  };
  await upload.receive(body());
  await upload.seal(upload.status.items);
  await upload.close();
  return path;
}

const NUMBERS = Array.from({ length: 40 }, (_, at) => at + 1);
const READERS: readonly [string, () => Reader<unknown> | Promise<Reader<unknown>>][] = [
  ["arrayReader", () => arrayReader(NUMBERS)],
  ["ndjsonReader", () => ndjsonReader(written("ndjson", `${NUMBERS.join("\n")}\n`))],
  ["csvReader", () => csvReader(written("csv", `n\n${NUMBERS.join("\n")}\n`))],
  [
    "uploadReader",
    async () => uploadReader(await uploaded(NUMBERS.map((n) => `{"key":"${n}","item":${n}}\n`).join(""))),
  ],
];

test.each(READERS)(
  "%s gives a run each item once, though its reading breaks off and is taken up again",
  async (_, make) => {
    const inner = await make();
    const breaks = new Set([7, 20, 33]);
    const reader: Reader<unknown> = {
      read: async function* (context) {
        let given = 0;
        for await (const item of inner.read(context)) {
          yield item;
          given += 1;
          if (breaks.delete(given)) throw new Error("the disk is away");
        }
      },
    };
    const seen: unknown[] = [];
    const pipeline = definePipeline({ name: "count" }).step("load", {
      reader,
      process: (item) => void seen.push(item),
      chunkSize: 3,
      concurrency: 2,
    });
    const { row } = await finished(pipeline);
    expect(row).toMatchObject({ state: "completed" });
    expect(row.counters["load"]).toMatchObject({ read: 40, filtered: 40 });
    expect(seen).toHaveLength(40);
    expect(new Set(seen.map((item) => JSON.stringify(item))).size).toBe(40);
  },
);

test("folderReader gives a run each file", async () => {
  for (const name of ["files/a", "files/b/c"]) {
    const { mkdirSync } = await import("node:fs");
    mkdirSync(folder.path("files/b"), { recursive: true });
    writeFileSync(folder.path(name), name);
  }
  const seen: string[] = [];
  const pipeline = definePipeline({ name: "list" }).step("load", {
    reader: folderReader({ root: folder.path("files") }),
    process: ({ name, path }) => void seen.push(`${name}: ${readFileSync(path, "utf8")}`),
  });
  expect((await finished(pipeline)).row.state).toBe("completed");
  expect(seen).toEqual(["a: files/a", "b/c: files/b/c"]);
});

describe("a bad record", () => {
  const content = 'n,word\n1,one\n2\n3,three\n4,fo"ur\n';

  test("is a failed item that no function of the step sees, and the rest is done", async () => {
    const seen: unknown[] = [];
    const failed: unknown[] = [];
    const path = written("csv", content);
    const pipeline = definePipeline({ name: "csv" }).step("load", {
      reader: csvReader(path),
      weight: (row) => row["n"]?.length ?? 0,
      prepare: (rows) => void seen.push(...rows),
      process: (row) => row["word"],
      write: () => undefined,
      failed: (items) => void failed.push(...items),
      chunkSize: 2,
    });
    const { of, handle, row, worker } = await finished(pipeline);
    expect(row.state).toBe("partial");
    expect(row.counters["load"]).toMatchObject({ read: 4, done: 2, failed: 2 });
    expect(seen).toHaveLength(2);
    expect(failed).toEqual([]);
    const ledger = await ledgerOf(of, handle.id);
    expect(ledger.filter(({ state }) => state === "failed")).toMatchObject([
      {
        ...{
          key: "line-0000000003",
          stage: "read",
          errorClass: "validation",
          reason: "malformed",
        },
        message: expect.stringMatching(
          /^the record on line 3 of run-\d+\.csv: it has 1 fields; there are 2 columns$/,
        ),
      },
      { key: "line-0000000005", reason: "malformed" },
    ]);
    // Nothing can be done again of what never was an item.
    await handle.restart({ only: "failed" });
    expect(await ended(of, handle)).toMatchObject({ state: "partial" });
    expect(await ledgerOf(of, handle.id)).toEqual(ledger);
    expect(ledger.every(({ item }) => item === undefined)).toBe(true);
    void worker.stop();
  });

  test("is skipped where the step says so, and counts toward its limit", async () => {
    for (const [skipLimit, state] of [
      [2, "completed"],
      [1, "failed"],
    ] as const) {
      const pipeline = definePipeline({ name: "csv" }).step("load", {
        reader: csvReader(written("csv", content)),
        process: (row) => row["word"],
        skipLimit,
      });
      const { row } = await finished(pipeline);
      expect(row).toMatchObject({ state, counters: { load: { skipped: 2, done: 2 } } });
    }
  });

  test("is not tried again, whatever the step tries again", async () => {
    const pipeline = definePipeline({ name: "csv" }).step("load", {
      reader: csvReader(written("csv", content)),
      process: (row) => row["word"],
      retry: { maxAttempts: 5, initial: 10, retryIf: () => true },
    });
    const { row, of } = await finished(pipeline);
    expect(row.counters["load"]).toMatchObject({ failed: 2 });
    expect(row.counters["load"]?.["retried"]).toBeUndefined();
    expect((await of.mr.jobs.list({ name: "csv/chunk" })).rows).toMatchObject([{ attempts: 1 }]);
  });

  test("fails also in a step whose ledger keeps failures only, or nothing", async () => {
    for (const ledger of ["failures", "none"] as const) {
      const pipeline = definePipeline({ name: "csv" }).step("load", {
        reader: csvReader(written("csv", content)),
        process: (row) => row["word"],
        ledger,
      });
      expect((await finished(pipeline)).row.counters["load"]).toMatchObject({ read: 4, done: 2, failed: 2 });
    }
  });

  test("of a chunk that its failing step never begins is kept for what it is", async () => {
    const allSpawned = gate();
    const pipeline = definePipeline({ name: "csv" }).step("load", {
      reader: csvReader(written("csv", content)),
      process: async () => {
        await allSpawned.promise;
        // A worker looks at its run once a second.
        await new Promise<void>((resolve) => of.time.after(3_000, resolve));
        throw new Error("no");
      },
      retry: "none",
      onFailure: "failFast",
      chunkSize: 1,
      concurrency: 2,
    });
    const of: Scene<readonly []> = scene([pipeline]);
    const handle = await of.mr.start(pipeline, {});
    const worker = of.mr.worker({ concurrency: 1 });
    // The file is read in the machine's own time; the window it is read for must not grow old meanwhile.
    while ((await of.mr.jobs.list({ name: "csv/chunk" })).rows.length < 4) await of.time.settle();
    allSpawned.open();
    expect((await ended(of, handle)).state).toBe("failed");
    const ledger = await ledgerOf(of, handle.id);
    expect(ledger.map(({ key, reason }) => [key, reason])).toEqual([
      ["line-0000000002", "processing"],
      ["line-0000000003", "malformed"],
      ["line-0000000004", "not-begun"],
      ["line-0000000005", "malformed"],
    ]);
    void worker.stop();
  });
});

test("items that are together too much for one job are several jobs", async () => {
  const text = "x".repeat(150_000);
  const pipeline = definePipeline({ name: "large" }).step("load", {
    reader: ndjsonReader<string>(written("ndjson", `"${text}"\n`.repeat(20))),
    process: (item) => item.length,
    tally: (length) => ({ length }),
    chunkSize: 20,
  });
  const { row, of } = await finished(pipeline);
  expect(row).toMatchObject({ state: "completed", counters: { load: { done: 20, length: 3_000_000 } } });
  expect((await of.mr.jobs.list({ name: "large/chunk" })).rows.length).toBeGreaterThan(2);
});

describe("a file that a run writes", () => {
  /** Every fifth number is filtered, every seventh fails once, every eleventh for good. */
  function numbersTo(path: string, extra: { readonly commit?: number; readonly failing?: Set<number> } = {}) {
    const failing = extra.failing ?? new Set([11, 22, 33]);
    const once = new Set([7, 14, 21, 28, 35]);
    const file = ndjsonWriter<number>(path);
    const pipeline = definePipeline({ name: "copy" })
      .step("load", {
        reader: arrayReader(NUMBERS),
        process: (number) => {
          if (once.delete(number)) throw new Error("only once");
          if (failing.has(number)) throw new Error("for good");
          return number % 5 === 0 ? null : number;
        },
        writer: file,
        chunkSize: 6,
        commit: { items: extra.commit ?? 2 },
        retry: { maxAttempts: 3, initial: 10, jitter: "none" },
      })
      .step("merge", mergeParts(file, "load"), { alwaysRun: true });
    return { pipeline, failing };
  }

  const kept = NUMBERS.filter((number) => number % 5 !== 0);
  const numbersIn = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n").map(Number);

  test("has what is done, in the reader's order, and after a restart what that has mended, too", async () => {
    const path = newPath("ndjson");
    const { pipeline, failing } = numbersTo(path);
    const { of, handle, row, worker } = await finished(pipeline);
    expect(row.state).toBe("partial");
    expect(numbersIn(path)).toEqual(kept.filter((number) => number % 11 !== 0));
    failing.clear();
    await handle.restart({ only: "failed" });
    expect(await ended(of, handle)).toMatchObject({ state: "completed" });
    expect(numbersIn(path)).toEqual([...kept.filter((number) => number % 11 !== 0), 11, 22, 33]);
    void worker.stop();
  });

  test("has it once, whichever call of the store fails or loses its answer", async () => {
    for (const when of ["before", "after"] as const) {
      for (let nth = 1; nth <= 12; nth += 1) {
        const path = newPath("ndjson");
        const { pipeline } = numbersTo(path, { commit: (nth % 3) + 1 });
        const of = scene([pipeline]);
        let calls = 0;
        for (const verb of ["save", "settle"] as const) {
          of.watch[when][verb] = () => {
            calls += 1;
            if (calls === nth || calls === nth + 3) unreachable();
          };
        }
        const { row } = await finished(pipeline, of);
        expect(row.state, `${when} call ${nth}`).toBe("partial");
        expect(numbersIn(path)).toEqual(kept.filter((number) => number % 11 !== 0));
      }
    }
  });

  test("is CSV with its header where nothing is written", async () => {
    const path = newPath("csv");
    const file = csvWriter<{ a: number }>(path, { columns: ["a"] });
    const pipeline = definePipeline({ name: "none" })
      .step("load", { reader: arrayReader([1, 2]), process: (): { a: number } | null => null, writer: file })
      .step("merge", mergeParts(file, "load"));
    const { row } = await finished(pipeline);
    expect(JSON.parse(row.result ?? "")).toEqual({ path, records: 0, bytes: 2 });
    expect(readFileSync(path, "utf8")).toBe("a\n");
  });

  test("is not put in its place where a worker's parts are elsewhere", async () => {
    const path = newPath("ndjson");
    const { pipeline } = numbersTo(path);
    const of = scene([pipeline]);
    const handle = await of.mr.start(pipeline, {});
    of.watch.before.moveRun = () => undefined;
    const worker = of.mr.worker();
    appendFileSync(`${path}.note`, "");
    const { rmSync, readdirSync } = await import("node:fs");
    let isLost = false;
    of.watch.before.settle = async () => {
      const run = `${path}.parts/${handle.id}`;
      const { rows } = await of.store.find({ name: "copy/chunk" }, { limit: 100 });
      // A part of a chunk under way would be written again.
      const areDone = rows.length >= 5 && rows.every(({ state }) => state === "completed");
      if (isLost || !areDone) return;
      isLost = true;
      rmSync(`${run}/${readdirSync(run)[0]}`, { recursive: true });
    };
    const row = await ended(of, handle);
    expect(isLost).toBe(true);
    expect(row.state).toBe("failed");
    expect(row.error).toContain("all its workers must write to one folder");
    expect(existsSync(path)).toBe(false);
    void worker.stop();
  });
});
