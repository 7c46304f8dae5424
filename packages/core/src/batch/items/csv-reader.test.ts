/** Reading CSV: what becomes of each record, and that any cursor gives exactly the rest. */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type CsvReaderOptions, csvReader } from "./csv-reader.ts";
import { readAll, readingFrom, testFolder } from "./reading.fixture.ts";
import { FIRST_LINE } from "./split-lines.ts";
import { splitRecords } from "./split-records.ts";

const folder = testFolder();
afterAll(() => folder.remove());

function written(name: string, content: string | Buffer): string {
  const path = folder.path(name);
  writeFileSync(path, content);
  return path;
}

function rowsOf(content: string | Buffer, options: CsvReaderOptions<unknown> = {}) {
  return readAll(csvReader(written("rows.csv", content), options));
}

async function itemsOf(content: string | Buffer, options: CsvReaderOptions<unknown> = {}) {
  return (await rowsOf(content, options)).map(({ item, reason }) => item ?? reason);
}

describe("records", () => {
  test("are rows by the names of the header, under the number of their first line", async () => {
    expect(await rowsOf('id,name\n1,Ann\n2,"Bob\nJr., ""B"""\n3,\n')).toEqual([
      { key: "line-0000000002", cursor: "14:3", item: { id: "1", name: "Ann" } },
      { key: "line-0000000003", cursor: "33:5", item: { id: "2", name: 'Bob\nJr., "B"' } },
      { key: "line-0000000005", cursor: "36:6", item: { id: "3", name: "" } },
    ]);
  });

  test("may end with CRLF, follow a byte order mark and lack an end; empty lines are passed over", async () => {
    expect(await itemsOf('\ufeff\r\na,b\r\n\r\n1,"x\r\ny"\r\n2,3')).toEqual([
      { a: "1", b: "x\r\ny" },
      { a: "2", b: "3" },
    ]);
  });

  test("may have no header, another delimiter and a key of their own", async () => {
    const options: CsvReaderOptions<Record<string, string>> = {
      columns: ["id", "name"],
      delimiter: ";",
      key: (row) => row["id"] ?? "",
    };
    const seen = await readAll(csvReader(written("plain.csv", "7;Ann,\n8;Bob\n"), options));
    expect(seen.map(({ key, item }) => [key, item])).toEqual([
      ["7", { id: "7", name: "Ann," }],
      ["8", { id: "8", name: "Bob" }],
    ]);
  });

  test("keep what objects could trip over", async () => {
    expect(await itemsOf("__proto__,constructor\n1,2\n")).toEqual([
      Object.fromEntries([
        ["__proto__", "1"],
        ["constructor", "2"],
      ]),
    ]);
  });

  test("of nothing are none", async () => {
    expect(await rowsOf("")).toEqual([]);
    expect(await rowsOf("a,b\n")).toEqual([]);
    expect(await rowsOf("\ufeff")).toEqual([]);
  });
});

/** That such a record is one bad item, to the end of this line, and the records around it are as they are. */
async function expectAlone(
  record: string | Buffer,
  bad: { readonly reason: string; readonly lastLine: number },
) {
  const rest = `3,c\n4,${"d".repeat(90)}\n`;
  const content = Buffer.concat([Buffer.from("id,name\n1,a\n"), Buffer.from(record), Buffer.from(rest)]);
  const next = bad.lastLine + 1;
  expect(await rowsOf(content, { maxRecordBytes: 99 })).toEqual([
    expect.objectContaining({ item: { id: "1", name: "a" } }),
    expect.objectContaining({
      key: "line-0000000003",
      reason: bad.reason,
      message: expect.stringMatching(/^the record on line 3 of rows\.csv: it /),
      cursor: `${12 + Buffer.byteLength(record)}:${next}`,
    }),
    expect.objectContaining({ key: `line-${String(next).padStart(10, "0")}`, item: { id: "3", name: "c" } }),
    expect.objectContaining({ item: { id: "4", name: "d".repeat(90) } }),
  ]);
}

describe("a bad record", () => {
  test.each([
    ["has fewer fields than there are columns", "2\n", "malformed"],
    ["has more fields than there are columns", "2,x,y\n", "malformed"],
    ["has a quote inside a field", '2,x"y\n', "malformed"],
    ["is not UTF-8", Buffer.from([0x32, 0x2c, 0xff, 0x0a]), "not-utf-8"],
    ["is not UTF-8 in quotes", Buffer.from([0x32, 0x2c, 0x22, 0xff, 0x22, 0x0a]), "not-utf-8"],
    ["is too long", `2,${"x".repeat(100)}\n`, "too-large"],
    ["is too long, and has a quote inside a field", `2,${"x".repeat(100)},y"z,"\n`, "too-large"],
    ["is too long, of quotes", `"${'""'.repeat(60)}",\n`, "too-large"],
  ])("that %s fails with its line, and its neighbours do not", async (_what, record, reason) => {
    await expectAlone(record, { reason, lastLine: 3 });
  });

  test.each([
    ["has text behind a quoted field", '2,"x\n"y,"\n', { reason: "malformed", lastLine: 4 }],
    [
      "is too long, with quotes and CRLF in a field",
      `2,"${"x".repeat(50)}\n3,c""\r\n,"",${"y".repeat(50)}"\n`,
      { reason: "too-large", lastLine: 5 },
    ],
    [
      "is too long, and goes on behind a quote",
      `2,"${"x".repeat(100)}\n",y\r\n`,
      { reason: "too-large", lastLine: 4 },
    ],
    [
      "is too long, and has text behind a quote",
      `2,"${"x".repeat(100)}\n"z,"\n`,
      { reason: "too-large", lastLine: 4 },
    ],
  ])("of several lines that %s is one with all of them", async (_what, record, bad) => {
    await expectAlone(record, bad);
  });

  test.each([
    ["shorter than the longest record", 1],
    ["longer", 40],
    ["longer than a block", 30_000],
  ])("that never ends is all there is to the end of the file: %s", async (_what, lines) => {
    const rest = '3,c\n4,""\r\n'.repeat(lines);
    const path = written("open.csv", `id,name\n1,a\n2,"x\n${rest}`);
    const reader = csvReader(path, { maxRecordBytes: 99 });
    const [, bad, ...others] = await readAll(reader);
    expect(others).toEqual([]);
    expect(bad).toMatchObject({
      ...{
        key: "line-0000000003",
        reason: "malformed",
        cursor: `${17 + Buffer.byteLength(rest)}:${4 + 2 * lines}`,
      },
      message: `the record on line 3 of open.csv: it opens a quote that is not closed; it goes on to line ${3 + 2 * lines}`,
    });
    expect(await readAll(reader, readingFrom(bad?.cursor))).toEqual([]);
  });

  test("of many lines is passed over whole, also by who reads on behind it", async () => {
    const lines = '5,"" not a record\r\n'.repeat(30_000);
    const path = written("long.csv", `id,name\n1,a\n2,"${lines}",\r\n3,"${lines}"\n4,d\n`);
    const reader = csvReader(path, { maxRecordBytes: 1_000 });
    const all = await readAll(reader);
    expect(all.map(({ item, reason }) => item ?? reason)).toEqual([
      { id: "1", name: "a" },
      "too-large",
      "too-large",
      { id: "4", name: "d" },
    ]);
    expect(all[1]?.message).toContain("it goes on to line 30003");
    for (const [index, { cursor }] of all.entries())
      expect(await readAll(reader, readingFrom(cursor))).toEqual(all.slice(index + 1));
  });

  test.each(['2,"x', '2,x"', `2,${"x".repeat(100)}`])(
    "at the end of the file is one, too: %s",
    async (record) => {
      expect(await itemsOf(`id,name\n1,a\n${record}`, { maxRecordBytes: 50 })).toEqual([
        { id: "1", name: "a" },
        expect.any(String),
      ]);
    },
  );
});

test.each([
  ["two columns alike", "a,a\n"],
  ["a column without a name", "a,\n"],
  ["a quote that is not closed", 'a,"b\n'],
  ["bytes that are no text", Buffer.from([0xff, 0x0a])],
  ["lines that end with CR alone", "a,b\r1,2\r"],
])("a header with %s is refused", async (_what, content) => {
  await expect(rowsOf(content)).rejects.toMatchObject({ errorClass: "validation" });
});

test("options that mean nothing are refused", () => {
  expect(() => csvReader("")).toThrow("csvReader.path");
  expect(() => csvReader("x", { delimiter: ",," })).toThrow("csvReader.delimiter");
  expect(() => csvReader("x", { delimiter: '"' })).toThrow("csvReader.delimiter");
  expect(() => csvReader("x", { columns: ["a", "a"] })).toThrow("csvReader.columns");
  expect(() => csvReader("x", { maxRecordBytes: 2_000_000 })).toThrow("csvReader.maxRecordBytes");
  expect(() => csvReader("x", { header: true } as never)).toThrow('no option "header"');
});

const naughty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).filter((text) => text.isWellFormed()),
  fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "\r\n", "\ufeff", "é", "\0", "="), maxLength: 8 }),
);

function quoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

test("what was quoted by the rules comes out as it went in, from any cursor on", async () => {
  const rows = fc.array(fc.tuple(naughty, naughty), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom("\n", "\r\n"), fc.boolean(), async (content, end, isPacked) => {
      const text = [["a", "b"], ...content].map((row) => row.map(quoted).join(",") + end).join("");
      const path = written(`any.csv${isPacked ? ".gz" : ""}`, isPacked ? gzipSync(text) : text);
      const all = await readAll(csvReader(path));
      expect(all.map(({ item }) => item)).toEqual(content.map(([a, b]) => ({ a, b })));
      for (const [index, { cursor }] of all.entries()) {
        expect(await readAll(csvReader(path), readingFrom(cursor))).toEqual(all.slice(index + 1));
      }
    }),
    { numRuns: 100 },
  );
});

const soup = fc
  .array(
    fc.oneof(fc.constantFrom('"', ",", "\n", "\r\n", "\r", '"a"', "b,c", "xyz"), fc.string({ maxLength: 3 })),
    {
      maxLength: 40,
    },
  )
  .map((parts) => parts.join(""));

test("whatever the file holds, any cursor gives exactly the rest, and every line is accounted for", async () => {
  await fc.assert(
    fc.asyncProperty(soup, async (text) => {
      const reader = csvReader(written("soup.csv", text), { columns: ["a", "b"], maxRecordBytes: 12 });
      const all = await readAll(reader);
      for (const [index, { cursor }] of all.entries()) {
        expect(await readAll(reader, readingFrom(cursor))).toEqual(all.slice(index + 1));
      }
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    }),
    { numRuns: 300 },
  );
});

test("blocks cut records anywhere without a trace, and leave no byte out", async () => {
  const options = { from: FIRST_LINE, delimiter: 44, maxBytes: 12 };
  await fc.assert(
    fc.asyncProperty(soup, fc.integer({ min: 1, max: 5 }), async (text, size) => {
      const body = Buffer.from(text);
      const split = async (step: number) => {
        const found = [];
        for await (const record of splitRecords(cut(body, step), options)) found.push(record);
        return found;
      };
      const records = await split(body.byteLength + 1);
      expect(await split(size)).toEqual(records);
      const breaks = text.split("\n").length - 1;
      expect(records.at(-1)?.next ?? { offset: 0, line: 1 }).toEqual({
        offset: body.byteLength,
        line: breaks + (text === "" || text.endsWith("\n") ? 1 : 2),
      });
    }),
    { numRuns: 300 },
  );
});

async function* cut(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.byteLength; at += size) yield body.subarray(at, at + size);
}

test("of 16 MB no more is read than the record asked for and one block", async () => {
  const block = Buffer.from('1,"two ""2"", three"\n'.repeat(3_000));
  let asked = 0;
  async function* blocks(): AsyncGenerator<Buffer> {
    for (; asked < 16_000_000; asked += block.byteLength) yield block;
  }
  let furthest = 0;
  let count = 0;
  for await (const record of splitRecords(blocks(), { from: FIRST_LINE, delimiter: 44, maxBytes: 1_000 })) {
    furthest = Math.max(furthest, asked + block.byteLength - record.next.offset);
    count += 1;
  }
  expect(count).toBeGreaterThan(750_000);
  expect(furthest).toBeLessThanOrEqual(block.byteLength);
});
