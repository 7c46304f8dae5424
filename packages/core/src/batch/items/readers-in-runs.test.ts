/** Readers in runs: each item once, however reading breaks off. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { Reader } from "../definition.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { arrayReader } from "./array-reader.ts";
import { csvReader } from "./csv-reader.ts";
import { folderReader } from "./folder-reader.ts";
import { finished, NUMBERS, runFolder } from "./in-runs.fixture.ts";
import { ndjsonReader } from "./ndjson-reader.ts";
import { Upload } from "./upload.ts";
import { uploadReader } from "./upload-reader.ts";

const folder = runFolder();
afterAll(() => folder.remove());
const { newPath, written } = folder;

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
