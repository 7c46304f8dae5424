/** Files written by chunks: exactly the outputs that count, each once, whatever dies in between. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type JobId, newId, type Token } from "../../model/ids.ts";
import { csvReader } from "./csv-reader.ts";
import { type CsvWriterOptions, csvWriter } from "./csv-writer.ts";
import { ndjsonReader } from "./ndjson-reader.ts";
import { ndjsonWriter } from "./ndjson-writer.ts";
import { readAll, testFolder } from "./reading.fixture.ts";
import { Writing } from "./writing.fixture.ts";

const folder = testFolder();
afterAll(() => folder.remove());
let turn = 0;

function newPath(ending: string): string {
  turn += 1;
  return folder.path(`out-${turn}.${ending}`);
}

function numbered<Output>(...outputs: Output[]): Map<number, Output> {
  return new Map(outputs.entries());
}

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

/** What an attempt does to the items that are left: how many at a time, what fails, and how it ends. */
interface Attempt {
  readonly groups: readonly { readonly size: number; readonly end: "commit" | "refuse" | "die" }[];
  /** Positions that come to nothing in this attempt. */
  readonly failing: readonly number[];
  /** Its last write arrives only when the next attempt has begun. */
  readonly isZombie: boolean;
}

const SIZE = 8;
const attempts: fc.Arbitrary<Attempt[]> = fc.array(
  fc.record({
    groups: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 4 }),
        end: fc.constantFrom("commit", "commit", "refuse", "die"),
      }),
      { maxLength: 5 },
    ),
    failing: fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 3 }),
    isZombie: fc.boolean(),
  }),
  { maxLength: 5 },
) as fc.Arbitrary<Attempt[]>;

/** A chunk with what is settled of it, and of that what has an output. */
class Chunk {
  readonly id: JobId = newId<JobId>();
  readonly done = new Map<number, string>();
  readonly #settled = new Set<number>();
  readonly #writing: Writing<string>;
  #late: (() => Promise<void>) | undefined;

  constructor(writing: Writing<string>) {
    this.#writing = writing;
  }

  get pending(): readonly number[] {
    return Array.from({ length: SIZE }, (_, at) => at).filter((at) => !this.#settled.has(at));
  }

  /** What every attempt begins with, and what is done where the chunk is given up. */
  async begin(): Promise<Token> {
    const fence = this.#writing.claim();
    await this.#writing.undo(this.id, fence, this.pending);
    await this.#late?.();
    this.#late = undefined;
    return fence;
  }

  async attempt(number: number, { groups, failing, isZombie }: Attempt): Promise<void> {
    const fence = await this.begin();
    const { pending } = this;
    let at = 0;
    for (const { size, end } of groups) {
      const group = pending.slice(at, at + size);
      at += size;
      const written = group.filter((position) => !failing.includes(position));
      const outputs = new Map(written.map((position) => [position, `${position} of ${number}`]));
      const write = async () => {
        if (outputs.size > 0) await this.#writing.write(this.id, fence, outputs);
      };
      if (end === "die" && isZombie) this.#late = write;
      else await write();
      if (end === "die") return;
      if (end === "refuse") await this.#writing.undo(this.id, fence, written);
      else this.#settle(group, outputs);
    }
  }

  #settle(group: readonly number[], outputs: ReadonlyMap<number, string>): void {
    for (const position of group) this.#settled.add(position);
    for (const [position, output] of outputs) this.done.set(position, output);
  }
}

test("exactly what was committed is in the file, whatever attempts died, were refused or came late", async () => {
  await fc.assert(
    fc.asyncProperty(attempts, async (plan) => {
      const path = newPath("ndjson");
      const writing = new Writing(ndjsonWriter<string>(path));
      const chunk = new Chunk(writing);
      for (const [number, attempt] of plan.entries()) await chunk.attempt(number, attempt);
      await chunk.begin();
      await writing.merge(chunk.done.size);
      const inOrder = [...chunk.done].sort(([left], [right]) => left - right);
      expect(readFileSync(path, "utf8")).toBe(
        inOrder.map(([, output]) => `${JSON.stringify(output)}\n`).join(""),
      );
    }),
    { numRuns: 60 },
  );
});

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
