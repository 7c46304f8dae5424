/** Owns what a file's parts and its merge do about what they do not expect beside them. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type JobId, newId } from "../../model/ids.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { testFolder } from "./reading.fixture.ts";
import { Writing } from "./writing.fixture.ts";

const folder = testFolder();
afterAll(() => folder.remove());

test("what another attempt has merged while this one wrote stays, and is what this one gives", async () => {
  const path = folder.path("overtaken.ndjson");
  const writing = new Writing(ndjsonWriter<string>(path));
  await writing.write(newId<JobId>(), writing.claim(), new Map([[0, "a"]]));
  const parts = `${path}.parts`;
  cpSync(parts, folder.path("before"), { recursive: true });
  const merged = await writing.merge(1); // the other attempt; its effects come again below
  cpSync(parts, folder.path("after"), { recursive: true });
  rmSync(parts, { recursive: true });
  cpSync(folder.path("before"), parts, { recursive: true });
  rmSync(path);
  let asked = 0;
  const { signal } = new AbortController();
  signal.throwIfAborted = () => {
    asked += 1;
    if (asked !== 2) return; // all is written, and not yet in its place
    rmSync(parts, { recursive: true });
    cpSync(folder.path("after"), parts, { recursive: true });
    writeFileSync(path, '"a"\n');
  };
  expect(await writing.merge(1, signal)).toEqual(merged);
  expect(asked).toBe(2);
  expect(readFileSync(path, "utf8")).toBe('"a"\n');
});

test("what a restart adds to a file of nothing is the file", async () => {
  const path = folder.path("late.ndjson");
  const writing = new Writing(ndjsonWriter<string>(path));
  expect(await writing.merge(0)).toMatchObject({ records: 0, bytes: 0 });
  await writing.write(newId<JobId>(), writing.claim(), new Map([[0, "a"]]));
  expect(await writing.merge(1)).toMatchObject({ records: 1, bytes: 4 });
  expect(readFileSync(path, "utf8")).toBe('"a"\n');
});

test("a file among the parts that no attempt has finished is passed over", async () => {
  const path = folder.path("stray.ndjson");
  const writing = new Writing(ndjsonWriter<string>(path));
  const chunk = newId<JobId>();
  await writing.write(chunk, writing.claim(), new Map([[0, "a"]]));
  writeFileSync(join(`${path}.parts`, writing.run, chunk, "x.part.1-abc.tmp"), '[0,"b');
  expect(await writing.merge(1)).toMatchObject({ records: 1 });
  expect(readFileSync(path, "utf8")).toBe('"a"\n');
});

test("parts or a note that cannot be read fail the merge, and are not taken for none", async () => {
  const path = folder.path("broken.ndjson");
  const writing = new Writing(ndjsonWriter<string>(path));
  const parts = join(`${path}.parts`, writing.run);
  mkdirSync(join(parts, "merged.json"), { recursive: true });
  await expect(writing.merge(0)).rejects.toMatchObject({ code: "EISDIR" });
  rmSync(parts, { recursive: true });
  mkdirSync(parts);
  writeFileSync(join(parts, newId<JobId>()), "no folder");
  await expect(writing.merge(0)).rejects.toMatchObject({ code: "ENOTDIR" });
});
