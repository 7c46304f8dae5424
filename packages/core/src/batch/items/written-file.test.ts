/** The file that chunks have written: their outputs in order, each once, merged and merged again. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type JobId, newId } from "../../model/ids.ts";
import { csvWriter } from "./csv-writer.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { numbered, Writing, writtenFiles } from "./writing.fixture.ts";

const files = writtenFiles();
afterAll(() => files.remove());
const { newPath } = files;

describe("a file", () => {
  test("has the chunks in the order they were spawned, their items in the order of the reader", async () => {
    const path = newPath("ndjson");
    const writing = new Writing(ndjsonWriter<number>(path));
    const [first, second] = [newId<JobId>(), newId<JobId>()];
    await writing.write(second, writing.claim(), numbered(4, 5));
    const fence = writing.claim();
    await writing.write(first, fence, new Map([[1, 2]]));
    await writing.write(
      first,
      fence,
      new Map([
        [0, 1],
        [2, 3],
      ]),
    );
    expect(existsSync(path)).toBe(false);
    expect(await writing.merge(5)).toEqual({ path, records: 5, bytes: 10 });
    expect(readFileSync(path, "utf8")).toBe("1\n2\n3\n4\n5\n");
    expect(readdirSync(join(`${path}.parts`, writing.run))).toEqual(["merged.json"]);
  });

  test("of no outputs is there, and a new run's is put in its place", async () => {
    const path = newPath("csv");
    const old = new Writing(csvWriter<{ a: number }>(path, { columns: ["a"] }));
    await old.write(newId<JobId>(), old.claim(), numbered({ a: 1 }));
    await old.merge(1);
    const writing = new Writing(csvWriter<{ a: number }>(path, { columns: ["a"] }));
    await writing.merge(0);
    expect(readFileSync(path, "utf8")).toBe("a\n");
  });

  test("is not made of parts that are not all there, nor of more", async () => {
    const path = newPath("ndjson");
    const writing = new Writing(ndjsonWriter(path));
    await writing.write(newId<JobId>(), writing.claim(), numbered("a"));
    writeFileSync(path, "as it was");
    for (const written of [0, 2]) {
      await expect(writing.merge(written)).rejects.toMatchObject({
        code: "bad-usage",
        details: { written, found: 1 },
      });
    }
    expect(readFileSync(path, "utf8")).toBe("as it was");
    expect(readdirSync(join(path, "..")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("has what a restart adds behind what was merged, and merging again changes nothing", async () => {
    const path = newPath("ndjson");
    const writing = new Writing(ndjsonWriter(path));
    const early = newId<JobId>();
    const zombie = writing.claim();
    await writing.write(early, writing.claim(), numbered("a", "b"));
    await writing.merge(2);
    await writing.write(early, zombie, numbered("of a zombie"));
    expect(await writing.merge(2).catch(({ details }) => details)).toMatchObject({ records: 2 });
    await writing.write(newId<JobId>(), writing.claim(), numbered("c"));
    const merged = await writing.merge(3);
    expect(await writing.merge(3)).toEqual(merged);
    expect(readFileSync(path, "utf8")).toBe('"a"\n"b"\n"c"\n');
  });

  test("that was cut since its first merge is not added to", async () => {
    const path = newPath("ndjson");
    const writing = new Writing(ndjsonWriter(path));
    await writing.write(newId<JobId>(), writing.claim(), numbered("a"));
    await writing.merge(1);
    rmSync(path);
    await writing.write(newId<JobId>(), writing.claim(), numbered("b"));
    await expect(writing.merge(2)).rejects.toMatchObject({ code: "bad-usage" });
  });

  test("is merged once where two attempts of the task are at it", async () => {
    for (let chunks = 1; chunks < 12; chunks += 1) {
      const path = newPath("ndjson");
      const writing = new Writing(ndjsonWriter<number>(path));
      const numbers = Array.from({ length: chunks }, (_, at) => at);
      for (const number of numbers) {
        await writing.write(newId<JobId>(), writing.claim(), numbered(number));
      }
      const merged = await Promise.all([writing.merge(chunks), writing.merge(chunks), writing.merge(chunks)]);
      expect(new Set(merged.map(({ records }) => records))).toEqual(new Set([chunks]));
      expect(readFileSync(path, "utf8")).toBe(`${numbers.join("\n")}\n`);
    }
  });

  test("survives a death between its move, its note and the removal of its parts", async () => {
    const path = newPath("ndjson");
    const writing = new Writing(ndjsonWriter(path));
    const parts = join(`${path}.parts`, writing.run);
    await writing.write(newId<JobId>(), writing.claim(), numbered("a"));
    await writing.merge(1);
    await writing.write(newId<JobId>(), writing.claim(), numbered("b"));
    const note = readFileSync(join(parts, "merged.json"));
    // The file was moved, the note was not written, the parts are still there.
    appendFileSync(path, '"b"\n');
    writeFileSync(join(parts, "merged.json"), note);
    await writing.merge(2);
    expect(readFileSync(path, "utf8")).toBe('"a"\n"b"\n');
  });
});
