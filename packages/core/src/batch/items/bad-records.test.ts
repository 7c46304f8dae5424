/** Bad records in runs: each is a failed item, and the rest is done. */
import { afterAll, describe, expect, test } from "vitest";
import { gate, type Scene, scene } from "../../testing/scene.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { csvReader } from "./csv-reader.ts";
import { ended, finished, ledgerOf, runFolder } from "./in-runs.fixture.ts";

const folder = runFolder();
afterAll(() => folder.remove());
const { written } = folder;

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
