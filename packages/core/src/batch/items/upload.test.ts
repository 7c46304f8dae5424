/** Uploads: every item once, whatever is sent again, breaks off or is cut away by a crash. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { DigestSet } from "./digest-set.ts";
import { readAll, readingFrom, testFolder } from "./reading.fixture.ts";
import { Upload } from "./upload.ts";
import { uploadReader } from "./upload-reader.ts";

const folder = testFolder();
afterAll(() => folder.remove());
let turn = 0;

function newFolder(): string {
  turn += 1;
  return folder.path(`upload-${turn}`);
}

async function* body(...pieces: (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

function lineOf(key: string, item: unknown): string {
  return `${JSON.stringify({ key, item })}\n`;
}

describe("an upload", () => {
  test("keeps each key once, however often and in whatever pieces it is sent, and is read once sealed", async () => {
    const path = newFolder();
    const upload = await Upload.open(path);
    const text = lineOf("a", { n: 1 }) + lineOf("b", [2]) + lineOf("ü", "☃");
    expect(await upload.receive(body(text.slice(0, 9), text.slice(9, 27)))).toEqual({
      added: 1,
      repeated: 0,
      bad: 0,
    });
    expect(await upload.receive(body(text, lineOf("a", "later")))).toEqual({ added: 2, repeated: 2, bad: 0 });
    await expect(readAll(uploadReader(path))).rejects.toMatchObject({ code: "bad-usage" });
    await upload.seal(3);
    await upload.seal(3);
    expect(upload.status).toMatchObject({ items: 3, sealed: true });
    const all = await readAll(uploadReader(path));
    expect(all.map(({ key, item }) => [key, item])).toEqual([
      ["a", { n: 1 }],
      ["b", [2]],
      ["ü", "☃"],
    ]);
    for (const [index, { cursor }] of all.entries()) {
      expect(await readAll(uploadReader(path), readingFrom(cursor))).toEqual(all.slice(index + 1));
    }
    await upload.close();
  });

  test("turns bad lines into bad items, alike ones into one, and never dies of them", async () => {
    const path = newFolder();
    const upload = await Upload.open(path, { maxItemBytes: 60 });
    const long = lineOf("c", "x".repeat(2_000));
    const sent = () =>
      body(
        lineOf("a", 1),
        "no json\n",
        '{"item":1}\n',
        '{"key":"","item":1}\n',
        '{"key":"k"}\n',
        '"text"\n',
        "[1]\n",
        "null\n",
        '{"key":"k","item":1,"more":2}\n',
        '{"key":"k","item":12345678901234567890}\n',
        Buffer.from([0xff, 0x0a]),
        long,
        lineOf("d", "x".repeat(2_000)),
        "\n",
        lineOf("b", null),
      );
    expect(await upload.receive(sent())).toEqual({ added: 14, repeated: 0, bad: 12 });
    expect(await upload.receive(sent())).toEqual({ added: 0, repeated: 14, bad: 0 });
    await upload.seal(14);
    const seen = await readAll(uploadReader(path));
    expect(seen.map(({ key, reason }) => reason ?? key)).toEqual([
      "a",
      ...Array(8).fill("malformed"),
      ...["not-serialisable", "not-utf-8", "too-large", "too-large"],
      "b",
    ]);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(14);
    await upload.close();
  });

  test("keeps what came before a stream broke off, but for the line that was not whole", async () => {
    const upload = await Upload.open(newFolder());
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${lineOf("a", 1)}{"key":"b","item":`);
      throw new Error("connection reset");
    }
    await expect(upload.receive(broken())).rejects.toThrow("connection reset");
    expect(upload.status.items).toBe(1);
    expect(await upload.receive(body(lineOf("a", 1), lineOf("b", 2)))).toMatchObject({
      added: 1,
      repeated: 1,
    });
    await upload.close();
  });

  test("is sealed only with the number of items that are there, and takes no new ones then", async () => {
    const upload = await Upload.open(newFolder());
    await upload.receive(body(lineOf("a", 1)));
    await expect(upload.seal(2)).rejects.toMatchObject({
      code: "bad-input",
      details: { announced: 2, items: 1 },
    });
    await upload.seal(1);
    expect(await upload.receive(body(lineOf("a", 1)))).toEqual({ added: 0, repeated: 1, bad: 0 });
    await expect(upload.receive(body(lineOf("b", 1)))).rejects.toMatchObject({ code: "bad-usage" });
    expect(upload.status.items).toBe(1);
    await upload.close();
  });

  test("asks for more only when what came before is on the disk", async () => {
    const path = newFolder();
    const upload = await Upload.open(path);
    const ahead: number[] = [];
    let sent = 0;
    async function* measured(): AsyncGenerator<Uint8Array> {
      for (let piece = 0; piece < 60; piece += 1) {
        ahead.push(sent - upload.status.bytes);
        const bytes = Buffer.from(
          Array.from({ length: 100 }, (_, at) => lineOf(`${piece}-${at}`, "x".repeat(1_000))).join(""),
        );
        sent += bytes.byteLength;
        yield bytes;
      }
    }
    await upload.receive(measured());
    expect(sent).toBeGreaterThan(6_000_000);
    expect(Math.max(...ahead)).toBeLessThan(1_048_576 + 110_000);
    expect(upload.status).toMatchObject({ items: 6_000, bytes: sent });
    await upload.close();
  });

  test("of thousands of items knows them all when it is opened again", async () => {
    const path = newFolder();
    const lines = Array.from({ length: 5_000 }, (_, n) => lineOf(`key ${n}`, n)).join("");
    const first = await Upload.open(path);
    expect(await first.receive(body(lines))).toMatchObject({ added: 5_000 });
    await first.close();
    const again = await Upload.open(path);
    expect(await again.receive(body(lines))).toEqual({ added: 0, repeated: 5_000, bad: 0 });
    await again.close();
  });

  test("whose seal cannot be read is not taken for unsealed", async () => {
    const path = newFolder();
    mkdirSync(join(path, "sealed.json"), { recursive: true });
    await expect(readAll(uploadReader(path))).rejects.toMatchObject({ code: "EISDIR" });
  });

  test("may be sent by several at once", async () => {
    const path = newFolder();
    const upload = await Upload.open(path);
    const text = Array.from({ length: 50 }, (_, at) => lineOf(String(at), at)).join("");
    const receipts = await Promise.all(
      [1, 2, 3].map(() => upload.receive(body(text.slice(0, 200), text.slice(200)))),
    );
    expect(receipts.reduce((sum, { added }) => sum + added, 0)).toBe(50);
    await upload.seal(50);
    expect((await readAll(uploadReader(path))).map(({ item }) => item)).toEqual(
      Array.from({ length: 50 }, (_, at) => at),
    );
    await upload.close();
  });

  test("is open once in a process, and two processes notice each other", async () => {
    const path = newFolder();
    const upload = await Upload.open(path);
    await expect(Upload.open(path)).rejects.toMatchObject({ code: "store-locked" });
    appendFileSync(join(path, "items.index"), Buffer.alloc(24, 1));
    await expect(upload.receive(body(lineOf("a", 1)))).rejects.toMatchObject({ code: "store-locked" });
    await upload.close();
    await (await Upload.open(path)).close();
  });

  test("whose file is not what was sealed is not read", async () => {
    const path = newFolder();
    const upload = await Upload.open(path);
    await upload.receive(body(lineOf("a", 1), lineOf("b", 2)));
    await upload.seal(2);
    await upload.close();
    truncateSync(join(path, "items.ndjson"), 5);
    await expect(readAll(uploadReader(path))).rejects.toMatchObject({ reason: "changed" });
  });
});

test("a crash at any byte of a write leaves whole items, and the rest can be sent again", async () => {
  const path = newFolder();
  const lines = Array.from({ length: 6 }, (_, at) => lineOf(`k${at}`, "x".repeat(at)));
  const upload = await Upload.open(path);
  await upload.receive(body(...lines));
  await upload.close();
  const spool = readFileSync(join(path, "items.ndjson"));
  const index = readFileSync(join(path, "items.index"));
  await fc.assert(
    fc.asyncProperty(fc.nat(spool.byteLength), fc.nat(index.byteLength), async (spooled, indexed) => {
      const copy = newFolder();
      cpSync(path, copy, { recursive: true });
      writeFileSync(join(copy, "items.ndjson"), spool.subarray(0, spooled));
      writeFileSync(join(copy, "items.index"), index.subarray(0, indexed));
      const again = await Upload.open(copy);
      const { items } = again.status;
      expect(items).toBeLessThanOrEqual(Math.floor(indexed / 24));
      expect(await again.receive(body(...lines))).toEqual({ added: 6 - items, repeated: items, bad: 0 });
      await again.seal(6);
      await again.close();
      expect((await readAll(uploadReader(copy))).map(({ key }) => key)).toEqual(
        lines.map((_, at) => `k${at}`),
      );
    }),
    { numRuns: 60 },
  );
});

test("a set of digests has what was added, through all its growth", () => {
  const set = new DigestSet();
  const digestOf = (number: number): Buffer => {
    const digest = Buffer.alloc(16);
    digest.writeUInt32LE((number * 2_654_435_761) % 2 ** 32, 0);
    digest.writeUInt32LE(number, 12);
    return digest;
  };
  for (let number = 0; number < 10_000; number += 2) expect(set.add(digestOf(number))).toBe(true);
  expect(set.add(digestOf(42))).toBe(false);
  expect(set.size).toBe(5_000);
  for (let number = 0; number < 10_000; number += 2) expect(set.has(digestOf(number))).toBe(true);
  expect(new DigestSet().has(digestOf(0))).toBe(false);
});

test("options that mean nothing are refused", async () => {
  await expect(Upload.open("")).rejects.toThrow("Upload.open: folder");
  await expect(Upload.open("x", { maxItemBytes: 0 })).rejects.toThrow("Upload.open: maxItemBytes");
  expect(() => uploadReader("")).toThrow("uploadReader.folder");
});
