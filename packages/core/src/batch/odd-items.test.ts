/** The rules of items that nothing can carry, name or count: each fails alone, and keeps no run from its end. */
import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { Scene } from "../testing/scene.fixture.ts";
import { BadItem } from "./bad-item.ts";
import { Filtered } from "./filtered.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

const ONCE = { retry: "none" } as const;
/** So large that a few dozen of them are more than one job's value can hold. */
const LARGE = "x".repeat(40_000);

async function ledgerOf(of: Scene<readonly []>, run: string): Promise<readonly ItemRow[]> {
  return (await of.store.items({ run: run as never, step: "load" }, { limit: 1_000 })).rows; // of a handle
}

function failures(rows: readonly ItemRow[]) {
  const failed = rows.filter(({ state }) => state === "failed");
  return failed.map(({ reason, stage, message }) => ({ reason, stage, message }));
}

describe("an item that no store can name", () => {
  test.each([
    ["a NUL", "a\0b", '"a\\u0000b"'],
    ["nothing", "", '""'],
    ["too long a text", "x".repeat(1_025), '"xxx'],
    ["a number", 7, "number"],
    ["no text at all", undefined, "undefined"],
  ])("fails alone, named %s", async (_what, key, shown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => ["first", "odd", "last"],
      key: (item) => (item === "odd" ? (key as string) : item), // as programs without types do
      process: (item) => item,
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    const [failed] = failures(await ledgerOf(of, handle.id));
    expect(failed).toMatchObject({ reason: "bad-key", stage: "read" });
    expect(failed?.message).toContain(`the item at 2 cannot be named: its key is ${shown}`);
  });

  test("fails alone where the key function fails", async () => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [{ id: "a" }, null, { id: "b" }],
      key: (item) => (item as { readonly id: string }).id, // which one has not
      process: () => "ok",
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))[0]?.message).toContain("the step's key function failed: ");
  });
});

describe("an item that no job can carry", () => {
  test.each([
    ["is too large", "x".repeat(5_000_000), "too-large", "the item is 5000002 bytes; the limit is 1048576"],
    [
      "is a date",
      new Date(0),
      "not-serialisable",
      "the item is an instance of Date, which JSON cannot hold exactly",
    ],
    [
      "leaves no room for the list it goes in",
      "x".repeat(1_048_574),
      "too-large",
      'a chunk of step "load" of p is 1048578 bytes; the limit is 1048576',
    ],
    ["is a bigint", 1n, "not-serialisable", "the item is bigint, which JSON cannot hold exactly"],
    [
      "cannot be looked at",
      Object.defineProperty({}, "a", { enumerable: true, get: () => JSON.parse("{") as string }),
      "not-serialisable",
      expect.stringContaining("the item cannot be read: "),
    ],
    [
      "has a flaw that takes long to name",
      { ["x".repeat(1_000_000)]: { ["y".repeat(1_000_000)]: 1n } },
      "not-serialisable",
      expect.stringMatching(/^the item\.x{991}$/),
    ],
    ["is a zero below zero", -0, "not-serialisable", "the item is -0, which JSON cannot hold exactly"],
  ])("fails alone where it %s", async (_what, odd, ...refusal) => {
    const [reason, message] = refusal;
    const processed: unknown[] = [];
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [1, odd, 3],
      process: (item) => void processed.push(item),
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { filtered: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))).toEqual([{ reason, stage: "read", message }]);
    expect(processed).toEqual([1, 3]);
  });

  test("fails alone also where many are such: all of a chunk in one job", async () => {
    const unread = new BadItem({ key: "torn", cursor: "0", reason: "malformed", message: "it is torn" });
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [unread, ...Array.from({ length: 99 }, (_, at) => (at % 10 === 0 ? "good" : new Date(at)))],
      process: (item) => item,
    });
    const { of, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 10, failed: 90 } } });
    expect((await of.mr.jobs.list({ name: "p/chunk" })).rows).toHaveLength(1);
  });

  test("is none where it is only many together: they run again in as many jobs as it takes", async () => {
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => Array.from({ length: 60 }, (_, at) => ({ at, text: LARGE })),
      process: ({ at }) => {
        if (fails) throw new ClassedError("validation", "closed", "the shop is closed");
        return at;
      },
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { failed: 60 } } });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ state: "completed", counters: { load: { done: 60 } } });
  });
});

test("items that run again are asked for a page at a time; what never was an item stays as it is", async () => {
  let fails = true;
  const pipeline = definePipeline({ name: "p" }).step("load", {
    ...ONCE,
    read: () => Array.from({ length: 350 }, (_, at) => (at % 7 === 0 ? new Date(at) : at)),
    process: (at) => {
      if (fails) throw new ClassedError("validation", "closed", "the shop is closed");
      return at;
    },
  });
  const { of, handle, ended } = await play(pipeline, {});
  expect(await ended()).toMatchObject({ counters: { load: { read: 350, failed: 350 } } });
  fails = false;
  of.watch.calls.items.length = 0;
  await handle.restart({ only: "failed" });
  expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 300, failed: 50 } } });
  const pages = of.watch.calls.items.filter(([{ states }]) => states?.includes("failed") === true);
  expect(pages).toHaveLength(2);
});

describe("large items", () => {
  test("are read no further ahead than one write can carry, and all of them are done, also again", async () => {
    let read = 0;
    let ahead = 0;
    let processed = 0;
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: function* () {
        for (read = 0; read < 60; ) {
          read += 1;
          yield { text: "x".repeat(900_000) };
        }
      },
      process: () => {
        if (fails) throw new ClassedError("validation", "closed", "the shop is closed");
        ahead = Math.max(ahead, read - processed);
        processed += 1;
        return 1;
      },
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ counters: { load: { read: 60, failed: 60 } } });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ counters: { load: { done: 60 } } });
    const once = await play(pipeline, {});
    ahead = 0;
    processed = 0;
    expect(await once.ended()).toMatchObject({ counters: { load: { done: 60 } } });
    expect(ahead).toBeLessThan(40);
  });
});

describe("large outputs", () => {
  test("that a fan-out keeps are written in several groups", async () => {
    const pipeline = definePipeline({ name: "p" })
      .each(
        "texts",
        () => Array.from({ length: 40 }, (_, at) => at),
        () => "x".repeat(1_000_000),
      )
      .step("sum", ({ steps }) => steps.texts.reduce((sum, text) => sum + text.length, 0));
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "completed" });
    const sum = (await handle.steps()).find(({ name }) => name === "sum");
    expect(sum?.result).toBe(40_000_000);
    expect(of.watch.calls.save.length).toBeGreaterThanOrEqual(2);
  });
});

describe("an item of a key that another has", () => {
  test.each([
    ["in its chunk", 100],
    ["in another chunk", 2],
  ])("is passed over and counted: %s", async (_where, chunkSize) => {
    const written: string[] = [];
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => ["a", "b", "a", "c", "a"],
      key: (item) => item,
      write: (items) => void written.push(...items),
      chunkSize,
      concurrency: 1,
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({
      state: "completed",
      counters: { load: { read: 5, done: 3, repeated: 2 } },
    });
    if (chunkSize > 5) expect(written).toEqual(["a", "b", "c"]);
    for await (const { done, total } of handle.progress())
      expect({ done, total }).toEqual({ done: 5, total: 5 });
  });

  test("keeps no run from a restart", async () => {
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => ["a", "b", "a", "c"],
      key: (item) => item,
      process: (item) => {
        if (fails && item === "b") throw new ClassedError("validation", "closed", "the shop is closed");
        return item;
      },
      onFailure: "failFast",
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "failed" });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ state: "completed", counters: { load: { done: 3, repeated: 1 } } });
  });
});

describe("what a step counts of its items", () => {
  test.each(["done", "read", "failed", "not-begun", "repeated", "written", "chunk:items"])(
    "is nobody else's: an output that adds to %s fails its item",
    async (name) => {
      const pipeline = definePipeline({ name: "p" }).step("load", {
        read: () => [1, 2, 3],
        process: (item) => (item === 3 ? new Filtered("odd", { [name]: 1 }) : item),
        tally: (item): Readonly<Record<string, number>> => (item === 2 ? { [name]: 5 } : {}),
      });
      const { of, handle, ended } = await play(pipeline, {});
      const { state, counters } = await ended();
      expect({ state, ...counters["load"] }).toEqual({
        state: "partial",
        read: 3,
        done: 1,
        failed: 2,
        sealed: 1,
      });
      expect(failures(await ledgerOf(of, handle.id))[0]?.message).toBe(
        `a tally adds to "${name}", which the step counts by itself: choose another name`,
      );
    },
  );

  test("is not the reader's: a reader that adds to it fails its step", async () => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: ({ count }) => {
        count("done", 1);
        return [1];
      },
      process: (item) => item,
    });
    const { ended } = await play(pipeline, {});
    const { state, error } = await ended();
    expect(state).toBe("failed");
    expect(error).toContain("the reader adds to");
  });
});

describe("an error that cannot be shown", () => {
  const hostile: readonly (readonly [string, unknown])[] = [
    ["has no prototype", Object.create(null)],
    ["throws when asked for its text", { toString: () => JSON.parse("{") as string }],
    ["has a message that is none", Object.assign(new Error("x"), { message: { code: 7 } })],
  ];

  test.each(hostile)("fails its item alone where it %s", async (_what, thrown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => [1, 2, 3],
      process: (item) => {
        if (item === 2) throw thrown;
        return item;
      },
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))).toMatchObject([{ stage: "process" }]);
  });
});

test("a fan-out over what is no list fails its step, and says what it was given", async () => {
  const given = { length: 2 } as unknown as readonly number[]; // as programs without types do
  const { ended } = await play(
    definePipeline({ name: "p" }).each(
      "all",
      () => given,
      (n) => n,
    ),
    {},
  );
  expect((await ended()).error).toContain("was given an object to run over; it takes an array");
});

describe("a reader", () => {
  test.each([
    ["nothing", undefined, "undefined"],
    ["a promise", Promise.resolve([1]), "a promise"],
    ["a number", 5, "5"],
  ])("that gives %s fails its step, and says what it is to give", async (_what, given, shown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => given as never, // as programs without types do
      process: (item) => item,
    });
    const { ended } = await play(pipeline, {});
    const { state, error } = await ended();
    expect(state).toBe("failed");
    expect(JSON.parse(error ?? "")).toMatchObject({
      reason: "bad-reader",
      message: expect.stringContaining(`the step's reader gave ${shown}; it takes an iterable`),
    });
  });

  test("of numbered items goes on behind a bad one by its number", async () => {
    const seen: number[] = [];
    let opened = 0;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: function* () {
        opened += 1;
        yield 1;
        yield new BadItem({ key: "bad", cursor: "anywhere", reason: "malformed", message: "no number" });
        if (opened === 1) throw new ClassedError("connection", "reset", "hung up");
        yield 3;
      },
      process: (item) => void seen.push(item),
      chunkSize: 1,
      concurrency: 1,
    });
    const { ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ counters: { load: { read: 3, filtered: 2, failed: 1 } } });
    expect(seen).toEqual([1, 3]);
    expect(opened).toBeGreaterThan(1);
  });
});
