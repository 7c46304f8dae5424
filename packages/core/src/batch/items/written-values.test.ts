/** Values in files: what a writer writes, the reader of its kind reads; what no file can hold is refused. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type JobId, newId } from "../../model/ids.ts";
import { csvReader } from "./csv-reader.ts";
import { type CsvWriterOptions, csvWriter } from "./csv-writer.ts";
import { ndjsonReader } from "./ndjson-reader.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { readAll } from "./reading.fixture.ts";
import { numbered, Writing, writtenFiles } from "./writing.fixture.ts";

const files = writtenFiles();
afterAll(() => files.remove());
const { newPath } = files;

test("what ndjsonWriter writes, ndjsonReader reads", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue({ stringUnit: "binary" })), async (outputs) => {
      const path = newPath("ndjson");
      const writing = new Writing(ndjsonWriter(path));
      const kept = outputs.map(
        (output) => JSON.parse(JSON.stringify(output).replaceAll(/-0(?![.\d])/g, "0")) as unknown,
      );
      if (kept.length > 0) await writing.write(newId<JobId>(), writing.claim(), numbered(...kept));
      await writing.merge(kept.length);
      expect((await readAll(ndjsonReader(path))).map(({ item }) => item)).toEqual(kept);
    }),
    { numRuns: 60 },
  );
});

const field = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.string({ unit: fc.constantFrom('"', ",", ";", "\n", "\r", "\r\n", "\ufeff", " ", "é", "\0", "=") }),
);

test("what csvWriter writes, csvReader reads", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field)),
      fc.constantFrom(",", ";"),
      async (content, delimiter) => {
        const path = newPath("csv");
        const columns = ["a b", '"c'] as const;
        const rows = content.map(([a, c]) => ({ "a b": a, '"c': c }));
        const writing = new Writing(csvWriter(path, { columns, delimiter }));
        if (rows.length > 0) await writing.write(newId<JobId>(), writing.claim(), numbered(...rows));
        await writing.merge(rows.length);
        expect((await readAll(csvReader(path, { delimiter }))).map(({ item }) => item)).toEqual(rows);
        const alone = newPath("csv");
        const single = new Writing(csvWriter(alone, { columns: ["a b"] as const }));
        if (rows.length > 0) await single.write(newId<JobId>(), single.claim(), numbered(...rows));
        await single.merge(rows.length);
        expect((await readAll(csvReader(alone))).map(({ item }) => item)).toEqual(
          content.map(([a]) => ({ "a b": a })),
        );
      },
    ),
    { numRuns: 80 },
  );
});

async function csvOf(
  output: Record<string, unknown>,
  options: Partial<CsvWriterOptions<Record<string, unknown>>> = {},
) {
  const path = newPath("csv");
  const columns = Object.keys(output) as [string];
  const writing = new Writing(csvWriter<Record<string, unknown>>(path, { columns, ...options }));
  await writing.write(newId<JobId>(), writing.claim(), numbered(output));
  await writing.merge(1);
  return readFileSync(path, "utf8");
}

describe("CSV", () => {
  test("has every kind of value in its one form", async () => {
    const values = {
      a: "x",
      b: 1.5,
      c: 2n,
      d: true,
      e: null,
      f: undefined,
      g: new Date(0),
      h: [1, { i: "j" }],
    };
    expect(await csvOf(values)).toBe(
      'a,b,c,d,e,f,g,h\nx,1.5,2,true,,,1970-01-01T00:00:00.000Z,"[1,{""i"":""j""}]"\n',
    );
    expect(await csvOf({ a: 1, b: "c;d" }, { header: false, delimiter: ";" })).toBe('1;"c;d"\n');
  });

  test.each([
    ["half a surrogate pair", "\ud800"],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["no date", new Date(Number.NaN)],
  ])("refuses an output with %s, and writes none of its neighbours", async (_what, value) => {
    const path = newPath("csv");
    const writing = new Writing(csvWriter<{ a: unknown }>(path, { columns: ["a"] }));
    await expect(
      writing.write(newId<JobId>(), writing.claim(), numbered({ a: 1 }, { a: value })),
    ).rejects.toMatchObject({
      errorClass: "validation",
    });
    await writing.merge(0);
  });
});

test("NDJSON refuses an output that JSON cannot hold", async () => {
  const writing = new Writing(ndjsonWriter(newPath("ndjson")));
  await expect(
    writing.write(newId<JobId>(), writing.claim(), numbered({ a: Number.NaN })),
  ).rejects.toMatchObject({
    code: "not-serialisable",
  });
});

test("options that mean nothing are refused", () => {
  expect(() => ndjsonWriter("")).toThrow("ndjsonWriter.path");
  expect(() => csvWriter("", { columns: ["a"] })).toThrow("csvWriter.path");
  expect(() => csvWriter("x", { columns: [] as never })).toThrow("csvWriter.columns");
  expect(() => csvWriter<{ a: 1 }>("x", { columns: ["a", "a"] })).toThrow("csvWriter.columns");
  expect(() => csvWriter<{ a: 1 }>("x", { columns: ["a"], delimiter: "\n" })).toThrow("csvWriter.delimiter");
  expect(() => csvWriter<{ a: 1 }>("x", { columns: ["a"], quote: "'" } as never)).toThrow(
    'no option "quote"',
  );
});
