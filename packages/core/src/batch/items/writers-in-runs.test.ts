/** Writers in runs: a file has exactly what the ledger says is done. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { scene, unreachable } from "../../testing/scene.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { arrayReader } from "./array-reader.ts";
import { csvWriter } from "./csv-writer.ts";
import { ended, finished, NUMBERS, runFolder } from "./in-runs.fixture.ts";
import { mergeParts } from "./merge-parts.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";

const folder = runFolder();
afterAll(() => folder.remove());
const { newPath } = folder;

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
