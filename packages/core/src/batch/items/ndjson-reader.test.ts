/** Reading lines of JSON: what becomes of each, and that any cursor gives exactly the rest. */
import { appendFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fileBlocks } from "./file-blocks.ts";
import { ndjsonReader } from "./ndjson-reader.ts";
import { readAll, readingFrom, testFolder } from "./reading.fixture.ts";
import { FIRST_LINE, splitLines } from "./split-lines.ts";

const folder = testFolder();
afterAll(() => folder.remove());

function written(name: string, content: string | Buffer): string {
  const path = folder.path(name);
  writeFileSync(path, content);
  return path;
}

function itemsOf(name: string, content: string | Buffer) {
  return readAll(ndjsonReader(written(name, content)));
}

describe("lines", () => {
  test("are items under their number, with the place behind them as cursor", async () => {
    expect(await itemsOf("plain.ndjson", '{"a":1}\n[2]\n"three"\n')).toEqual([
      { key: "line-0000000001", cursor: "8:2", item: { a: 1 } },
      { key: "line-0000000002", cursor: "12:3", item: [2] },
      { key: "line-0000000003", cursor: "20:4", item: "three" },
    ]);
  });

  test("may end with CRLF, follow a byte order mark and lack an end; empty ones are passed over", async () => {
    const seen = await itemsOf("windows.ndjson", "\ufeff1\r\n\r\n\n2");
    expect(seen.map(({ key, item }) => [key, item])).toEqual([
      ["line-0000000001", 1],
      ["line-0000000004", 2],
    ]);
  });

  test("of an empty file are none", async () => {
    expect(await itemsOf("empty.ndjson", "")).toEqual([]);
    expect(await itemsOf("mark.ndjson", "\ufeff")).toEqual([]);
  });

  test("take a key of their own, and a schema's form", async () => {
    const path = written(
      "people.ndjson",
      '{"name":"Ann","age":"7"}\n{"name":"Bob","age":"x"}\n{"name":"","age":"1"}\n',
    );
    const schema: StandardSchemaV1<unknown, { name: string; age: number }> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          const { name, age } = value as { name: string; age: string };
          if (Number.isNaN(Number(age))) return { issues: [{ message: "is no number", path: ["age"] }] };
          return { value: { name, age: Number(age) } };
        },
      },
    };
    expect(await readAll(ndjsonReader(path, { schema, key: ({ name }) => name }))).toEqual([
      { key: "Ann", cursor: "25:2", item: { name: "Ann", age: 7 } },
      {
        key: "line-0000000002",
        cursor: "50:3",
        reason: "invalid",
        message: "line 2 of people.ndjson: age: is no number",
      },
      expect.objectContaining({ key: "line-0000000003", reason: "bad-key" }),
    ]);
  });

  test("say where their schema found what, and that their key failed", async () => {
    const path = written("issues.ndjson", "1\n2\n3\n");
    const schema: StandardSchemaV1<unknown, number> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          if (value === 1) return { issues: [{ message: "is wrong", path: [{ key: "a" }, 0] }] };
          return value === 2 ? { issues: [{ message: "all of it is wrong" }] } : { value: 3 };
        },
      },
    };
    const key = (): string => {
      throw new TypeError("there is no key");
    };
    const seen = await readAll(ndjsonReader(path, { schema, key }));
    expect(seen.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      "invalid line 1 of issues.ndjson: a.0: is wrong",
      "invalid line 2 of issues.ndjson: all of it is wrong",
      "invalid line 3 of issues.ndjson: there is no key",
    ]);
  });
});

describe("a bad line", () => {
  test.each([
    ["is no JSON", '{"a":', "malformed"],
    ["is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "not-utf-8"],
    ["is too long", `"${"x".repeat(99)}"`, "too-large"],
    ["is nested too deep", `${"[".repeat(65)}${"]".repeat(65)}`, "too-large"],
    ["has a number too large", "1e999", "not-serialisable"],
    ["has a number that would be rounded", '{"id":12345678901234567890}', "not-serialisable"],
    ["has a zero that would lose its sign", "-0", "not-serialisable"],
  ])("%s, fails with its number, and its neighbours do not", async (_what, line, reason) => {
    const content = Buffer.concat([Buffer.from("1\n"), Buffer.from(line), Buffer.from("\n3\n")]);
    const path = written("bad.ndjson", content);
    const seen = await readAll(ndjsonReader(path, { maxLineBytes: 100 + 40 }));
    const limited =
      reason === "too-large" && line.length < 110
        ? await readAll(ndjsonReader(path, { maxLineBytes: 100 }))
        : seen;
    expect(limited).toEqual([
      expect.objectContaining({ item: 1 }),
      expect.objectContaining({
        key: "line-0000000002",
        reason,
        message: expect.stringMatching(/^line 2 of bad\.ndjson: /),
      }),
      expect.objectContaining({ key: "line-0000000003", item: 3 }),
    ]);
  });

  test("is not one whose long digits are exact, a fraction or text", async () => {
    const lines = [
      '{"id":9007199254740991}',
      '{"x":0.12345678901234567}',
      '"12345678901234567890"',
      '{"a\\"":"\\\\12345678901234567890"}',
    ];
    const seen = await itemsOf("digits.ndjson", lines.join("\n"));
    expect(seen.map(({ item }) => item)).toEqual(lines.map((line) => JSON.parse(line)));
  });
});

describe("a file", () => {
  test("that is missing is an error of class not-found", async () => {
    await expect(readAll(ndjsonReader(folder.path("none.ndjson")))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("in UTF-16 is refused by name", async () => {
    await expect(itemsOf("wide.ndjson", Buffer.from("\ufeff1\n", "utf16le"))).rejects.toMatchObject({
      errorClass: "validation",
      reason: "unsupported",
    });
  });

  test("that was cut or changed is noticed when reading goes on", async () => {
    const path = written("changed.ndjson", "1\n2\n3\n");
    for (const content of ["1\n", "100000\n"]) {
      writeFileSync(path, content);
      await expect(readAll(ndjsonReader(path), readingFrom("4:3"))).rejects.toMatchObject({
        reason: "changed",
      });
    }
  });

  test("that has grown is read on, but not where its last line was no whole one", async () => {
    const path = written("grown.ndjson", "1\n2\n");
    const last = (await readAll(ndjsonReader(path))).at(-1);
    appendFileSync(path, "3");
    const [third] = await readAll(ndjsonReader(path), readingFrom(last?.cursor));
    expect(third).toMatchObject({ item: 3 });
    appendFileSync(path, "4\n");
    await expect(readAll(ndjsonReader(path), readingFrom(third?.cursor))).rejects.toMatchObject({
      reason: "changed",
    });
  });

  test("whose name ends in .gz is unpacked, and one that is none is refused", async () => {
    const seen = await itemsOf("packed.ndjson.gz", gzipSync("1\n2\n3\n"));
    expect(seen.map(({ item }) => item)).toEqual([1, 2, 3]);
    await expect(itemsOf("fake.ndjson.gz", "1\n2\n")).rejects.toMatchObject({ reason: "malformed" });
    await expect(
      itemsOf("cut.ndjson.gz", gzipSync("1\n2\n".repeat(99)).subarray(0, 20)),
    ).rejects.toMatchObject({
      reason: "malformed",
    });
  });

  test("is closed when reading stops early", async () => {
    const path = written("early.ndjson", "1\n2\n");
    for await (const first of ndjsonReader(path).read(readingFrom())) {
      expect(first).toMatchObject({ item: 1 });
      break;
    }
  });

  test("that is not there fails the reading as the system says, compressed or not", async () => {
    for (const name of ["none.ndjson", "none.ndjson.gz"])
      await expect(readAll(ndjsonReader(folder.path(name)))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("whose compressed lines have become fewer than were read is refused, for it is another", async () => {
    const path = written("fewer.ndjson.gz", gzipSync("1\n2\n3\n"));
    const [, second] = await readAll(ndjsonReader(path));
    written("fewer.ndjson.gz", gzipSync("1\n"));
    await expect(readAll(ndjsonReader(path), readingFrom(second?.cursor))).rejects.toMatchObject({
      ...{ errorClass: "validation", reason: "changed" },
      message: expect.stringContaining("has changed since it was read up to byte 4"),
    });
  });

  test("is not read on from a place that is none in it, as another reader's cursor is", async () => {
    const path = written("place.ndjson", "1\n2\n");
    await expect(readAll(ndjsonReader(path), readingFrom("c:000041"))).rejects.toMatchObject({
      code: "bad-input",
      message: '"c:000041" is no place in a file: it takes <offset>:<line>',
    });
  });
});

test("options that mean nothing are refused", () => {
  expect(() => ndjsonReader("")).toThrow("ndjsonReader.path");
  expect(() => ndjsonReader("x", { maxLineBytes: 0 })).toThrow("ndjsonReader.maxLineBytes");
  expect(() => ndjsonReader("x", { max: 1 } as never)).toThrow('no option "max"');
});

const lines = fc.array(
  fc.oneof(
    fc.json().map((text) => Buffer.from(text)),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(text.replaceAll("\n", " "))),
    fc
      .uint8Array({ maxLength: 20 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 ? 11 : byte)))),
  ),
  { maxLength: 12 },
);

const files = fc
  .record({ content: lines, end: fc.constantFrom("\n", "\r\n"), isEnded: fc.boolean() })
  .map(({ content, end, isEnded }) => {
    const text = Buffer.concat(content.flatMap((line) => [line, Buffer.from(end)]));
    return isEnded ? text : text.subarray(0, Math.max(text.byteLength - end.length, 0));
  })
  .filter((body) => !isWide(body));

/** Whether it begins as UTF-16 does. */
function isWide(body: Buffer): boolean {
  return ["fffe", "feff"].includes(body.subarray(0, 2).toString("hex"));
}

test("reading from any cursor gives exactly the rest, whatever the file holds", async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.boolean(), async (body, isPacked) => {
      const path = written(`any.ndjson${isPacked ? ".gz" : ""}`, isPacked ? gzipSync(body) : body);
      const reader = ndjsonReader(path, { maxLineBytes: 30 });
      const all = await readAll(reader);
      for (const [index, { cursor }] of all.entries()) {
        expect(await readAll(reader, readingFrom(cursor))).toEqual(all.slice(index + 1));
      }
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    }),
    { numRuns: 150 },
  );
});

test("blocks cut lines anywhere without a trace", async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 7 }), async (content, size) => {
      const body = Buffer.concat(content.flatMap((line) => [line, Buffer.from("\n")]));
      fc.pre(!isWide(body));
      const split = async (step: number) => {
        const found = [];
        for await (const line of splitLines(cut(body, step), { from: FIRST_LINE, maxBytes: 10 }))
          found.push(line);
        return found;
      };
      expect(await split(size)).toEqual(await split(Math.max(body.byteLength, 1)));
    }),
    { numRuns: 150 },
  );
});

async function* cut(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.byteLength; at += size) yield body.subarray(at, at + size);
}

test("of a file of 200 MB no more is read than the line asked for and one block", async () => {
  const path = folder.path("large.ndjson");
  const piece = Buffer.from(`${JSON.stringify({ text: "x".repeat(980) })}\n`.repeat(1_000));
  for (let written = 0; written < 200_000_000; written += piece.byteLength) appendFileSync(path, piece);
  let asked = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const block of fileBlocks(path, { from: 0, signal: new AbortController().signal })) {
      asked += block.byteLength;
      yield block;
    }
  }
  let furthest = 0;
  let count = 0;
  for await (const line of splitLines(counted(), { from: FIRST_LINE, maxBytes: 2_000 })) {
    furthest = Math.max(furthest, asked - line.next.offset);
    count += 1;
  }
  expect(count).toBeGreaterThan(200_000);
  expect(furthest).toBeLessThanOrEqual(65_536);
});
