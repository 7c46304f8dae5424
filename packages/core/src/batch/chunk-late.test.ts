import { describe, expect, test } from "vitest";
import { type AttemptError, decodeAttempts } from "../model/attempt.ts";
import { ClassedError, MillraceError } from "../model/errors.ts";
import type { JobRow } from "../model/job.ts";
import { PutOffError } from "../model/put-off.ts";
import { unreachable } from "../testing/scene.fixture.ts";
import { type ChunkParts, chunkScene } from "./chunk.fixture.ts";

const ONCE = { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" } as const;

/** Never ends; heeds its signal, or does not. */
function hang(signal: AbortSignal, heeds: boolean): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (heeds) signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A chunk of which these items hang; and all that were begun, in order. */
function hanging(
  items: readonly unknown[],
  { rules, ...parts }: ChunkParts & { readonly heeds?: boolean } = {},
) {
  const begun: unknown[] = [];
  const of = chunkScene({
    ...parts,
    rules: {
      timeoutMs: 50,
      process: async (item, { signal }) => {
        begun.push(item);
        return items.includes(item) ? hang(signal, parts.heeds ?? true) : item;
      },
      ...rules,
    },
  });
  return { of, begun };
}

/** What each of its attempts failed with. */
function errorsOf({ records }: JobRow): readonly (AttemptError | undefined)[] {
  return decodeAttempts(records).flatMap(({ outcome, error }) =>
    outcome === "retry" || outcome === "dead" ? [error] : [],
  );
}

describe("an item that hangs", () => {
  test.each([1, 2, 3])("alone fails for it, after %i attempts", async (maxAttempts) => {
    const { of, begun } = hanging([3], { rules: { retry: { ...ONCE, maxAttempts } } });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: maxAttempts });
    const retried = maxAttempts === 1 ? {} : { retried: maxAttempts - 1 };
    expect(await of.counters()).toEqual({ done: 4, failed: 1, ...retried });
    expect((await of.rows()).filter(({ state }) => state === "failed")).toMatchObject([
      { key: "key-3", stage: "process", errorClass: "timeout", reason: "timed-out", item: "3" },
    ]);
    expect(begun.filter((item) => item !== 3)).toEqual([1, 2, 4, 5]);
  });

  test("and does not heed its signal is reported as stuck, each time", async () => {
    const { of } = hanging([3], { heeds: false });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ done: 4, failed: 1, retried: 2 });
    const stuck = of.errors.map(([, error]) => error instanceof MillraceError && error.code);
    expect(stuck).toEqual(["handler-stuck", "handler-stuck", "handler-stuck"]);
  });

  test.each(["failures", "none"] as const)("alone fails with ledger %s", async (ledger) => {
    const { of, begun } = hanging([1, 4], { rules: { ledger, commit: { items: 2, weight: 9 } } });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ done: 3, failed: 2, retried: 2 });
    expect(await of.rows()).toHaveLength(ledger === "none" ? 0 : 2);
    expect(begun.filter((item) => item !== 1 && item !== 4)).toEqual([2, 3, 5]);
  });

  test("leaves those that ran beside it", async () => {
    const { of, begun } = hanging([1, 2], { rules: { itemsAtOnce: 3, retry: ONCE } });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1 });
    expect(await of.counters()).toEqual({ done: 3, failed: 2 });
    expect(begun.filter((item) => Number(item) > 2)).toEqual([3, 4, 5]);
  });

  test("fails in every chunk of one that it is all of", async () => {
    const { of } = hanging([1], { items: [1] });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ failed: 1, retried: 2 });
  });

  test("does not keep what others came to from being written, by a signal that has not fired", async () => {
    const written: unknown[] = [];
    const { of } = hanging([3], {
      rules: {
        write: async (outputs, { signal }) => {
          signal.throwIfAborted();
          written.push(...outputs);
        },
      },
    });
    await of.run();
    expect(written).toEqual([1, 2, 4, 5]);
  });
});

describe("a chunk that takes longer than its timeout", () => {
  test("goes on where it stood for as long as it settles anything, and burns no further attempt", async () => {
    const begun: unknown[] = [];
    const of = chunkScene({
      items: [1, 2, 3, 4, 5, 6, 7, 8],
      rules: {
        timeoutMs: 2_500,
        retry: ONCE,
        process: async (item) => {
          begun.push(item);
          await new Promise<void>((resolve) => of.time.after(1_000, resolve));
          return item;
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1 });
    expect(await of.counters()).toEqual({ done: 8 });
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 3, 3, 6]);
  });
});

describe("a chunk whose time is up with no item under way", () => {
  const slowly = (time: { after(ms: number, run: () => void): unknown }, ms: number) =>
    new Promise<void>((resolve) => void time.after(ms, resolve)); // heeds no signal

  test("is done where what was processed is all of it", async () => {
    const of = chunkScene({
      items: [1, 2],
      rules: {
        timeoutMs: 50,
        itemsAtOnce: 2,
        commit: { items: 1, weight: 9 },
        write: (outputs) => (outputs.includes(1) ? slowly(of.time, 60) : undefined),
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1 });
    expect(await of.counters()).toEqual({ done: 2 });
  });

  test("is done where a write outlasts it, but not the grace: it is made once", async () => {
    let writes = 0;
    const of = chunkScene({
      rules: {
        timeoutMs: 50,
        write: () => {
          writes += 1;
          return slowly(of.time, 60);
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1 });
    expect(await of.counters()).toEqual({ done: 5 });
    expect(writes).toBe(1);
  });

  test("is tried again, and given up where no attempt begins an item", async () => {
    const of = chunkScene({ rules: { timeoutMs: 50, prepare: () => slowly(of.time, 60) } });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(await of.counters()).toEqual({});
  });

  test("goes on with what is left", async () => {
    let writes = 0;
    const of = chunkScene({
      rules: {
        timeoutMs: 50,
        commit: { items: 1, weight: 9 },
        write: () => {
          writes += 1;
          return writes === 1 ? slowly(of.time, 60) : undefined;
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 2 });
    expect(await of.counters()).toEqual({ done: 5 });
  });

  test("and that was cancelled begins no more", async () => {
    const begun: unknown[] = [];
    const of = chunkScene({
      rules: {
        timeoutMs: 60_000,
        process: async (item) => {
          begun.push(item);
          await slowly(of.time, 5_000);
          return item;
        },
      },
    });
    const running = of.run();
    await of.time.advance(1_000);
    await of.store.cancel([(await of.job()).id], { reason: "no more" });
    await Promise.race([running, of.time.advance(60_000)]);
    expect((await of.job()).state).toBe("cancelled");
    expect(begun).toEqual([1]);
  });
});

describe("a failed hook of items that were late", () => {
  test("may put them off for as long as it asks for, which burns no attempt", async () => {
    const calledAtMs: number[] = [];
    const { of } = hanging([3], {
      rules: {
        retry: ONCE,
        failed: () => {
          calledAtMs.push(of.time.now());
          if (calledAtMs.length === 1) throw new PutOffError("90s", { reason: "the log is full" });
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1, snoozes: 1 });
    expect(await of.counters()).toEqual({ done: 4, failed: 1 });
    const [first = 0, second = 0] = calledAtMs;
    expect(second - first).toBeGreaterThanOrEqual(90_000);
  });

  test("that breaks off for the store's sake fails the attempt as it would any", async () => {
    const { of } = hanging([3], { rules: { retry: { ...ONCE, maxAttempts: 2 }, failed: unreachable } });
    const row = await of.run();
    expect(row).toMatchObject({ state: "dead", attempts: 2 });
    expect(errorsOf(row)).toMatchObject([
      { class: "timeout", reason: "timed-out" },
      { class: "processing", message: "the store cannot be reached" },
    ]);
  });
});

describe("items put off beside one that hangs", () => {
  test("keep their own time also where nothing else was settled: the other fails meanwhile", async () => {
    let calls = 0;
    const of = chunkScene({
      items: [1, 3],
      rules: {
        timeoutMs: 50,
        retry: ONCE,
        process: async (item, { signal }) => {
          if (item === 3) return hang(signal, true);
          calls += 1;
          if (calls === 1) throw new PutOffError("90s");
          return item;
        },
      },
    });
    const fromMs = of.time.now();
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1, snoozes: 1 });
    expect(of.time.now() - fromMs).toBeGreaterThanOrEqual(90_000);
    expect(await of.counters()).toEqual({ done: 1, failed: 1 });
  });

  test.each([1, 2])("wait for as long as they ask for, of %i attempts", async (maxAttempts) => {
    const calledAtMs: number[] = [];
    const { of } = hanging([3], {
      rules: {
        retry: { ...ONCE, maxAttempts },
        process: async (item, { signal }) => {
          if (item === 1) calledAtMs.push(of.time.now());
          if (item === 1 && calledAtMs.length <= maxAttempts) throw new PutOffError("90s");
          return item === 3 ? hang(signal, true) : item;
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: maxAttempts, snoozes: 1 });
    expect(await of.counters()).toMatchObject({ done: 4, failed: 1 });
    const gaps = calledAtMs.map((atMs, index) => atMs - (calledAtMs[index - 1] ?? atMs));
    expect(gaps.filter((ms) => ms >= 90_000)).toHaveLength(1);
  });
});

describe("a write that hangs", () => {
  test("of a whole chunk fails all of it, after the last attempt", async () => {
    const of = chunkScene({ rules: { timeoutMs: 50, write: (_outputs, { signal }) => hang(signal, true) } });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ failed: 5, retried: 10 });
  });

  test("fails what it was to write, and holds up no other group", async () => {
    const of = chunkScene({
      rules: {
        timeoutMs: 50,
        commit: { items: 2, weight: 9 },
        write: (outputs, { signal }) => (outputs.includes(1) ? hang(signal, true) : undefined),
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ done: 3, failed: 2, retried: 4 });
    expect((await of.rows()).filter(({ state }) => state === "failed")).toMatchObject([
      { key: "key-1", stage: "write", errorClass: "timeout", reason: "timed-out" },
      { key: "key-2", stage: "write" },
    ]);
  });

  test("and does not heed its signal is named by each attempt, and fails the chunk", async () => {
    const of = chunkScene({ rules: { timeoutMs: 50, write: (_outputs, { signal }) => hang(signal, false) } });
    const row = await of.run();
    expect(row).toMatchObject({ state: "dead", attempts: 3 });
    const message = expect.stringMatching(/^a write was under way when attempt \d of its chunk ran into/);
    expect(errorsOf(row)).toMatchObject([{ message }, { message }, { message }]);
  });

  test("after the time-out is told to stop when the grace is over, and fails the attempt", async () => {
    const told: unknown[] = [];
    const { of } = hanging([3], {
      rules: {
        write: async (_outputs, { signal }) => {
          await hang(signal, true).catch((reason: unknown) => void told.push(reason));
          throw signal.reason;
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(told).toHaveLength(3);
    expect(await of.counters()).toEqual({});
  });
});

describe("prepare", () => {
  const underWay = (attempt: number) => ({
    ...{ class: "timeout", reason: "timed-out" },
    message: `prepare was under way when attempt ${attempt} of its chunk ran into the step's timeout of 0.05 s`,
  });

  test.each([true, false])(
    "that hangs is named by each attempt, whether it heeds its signal: %s",
    async (heeds) => {
      const of = chunkScene({
        rules: { timeoutMs: 50, prepare: (_items, { signal }) => hang(signal, heeds) },
      });
      const row = await of.run();
      expect(row).toMatchObject({ state: "dead", attempts: 3 });
      expect(errorsOf(row)).toMatchObject([underWay(1), underWay(2), underWay(3)]);
      expect(of.errors.map(([, error]) => error instanceof MillraceError && error.code)).toEqual(
        heeds ? [] : ["handler-stuck", "handler-stuck", "handler-stuck"],
      );
    },
  );

  test.each([
    [
      "an error of a class",
      new ClassedError("permission", "no-key", "no key"),
      { state: "dead", attempts: 1 },
    ],
    ["an end to wait for", new PutOffError("1s"), { state: "completed", attempts: 1, snoozes: 1 }],
    ["a code of ours", new MillraceError("store-unreachable", "away"), { state: "completed", attempts: 2 }],
  ])("that takes too long, and then gives %s, is believed", async (_what, error, expected) => {
    let calls = 0;
    const of = chunkScene({
      rules: {
        timeoutMs: 50,
        prepare: async (_items, { signal }) => {
          calls += 1;
          if (calls > 1) return;
          await hang(signal, true).catch(() => undefined);
          throw error;
        },
      },
    });
    expect(await of.run()).toMatchObject(expected);
  });

  test("is let be where the chunk's standing took all its time to read", async () => {
    const of = chunkScene({ rules: { timeoutMs: 50, retry: ONCE } });
    of.watch.before.items = () => new Promise((resolve) => void of.time.after(60, resolve));
    const row = await of.run();
    expect(errorsOf(row)).toMatchObject([
      { message: expect.stringMatching(/^a look at the ledger was under/) },
    ]);
  });

  test("that hangs does not keep its chunk from being cancelled", async () => {
    const of = chunkScene({
      rules: { timeoutMs: 60_000, prepare: (_items, { signal }) => hang(signal, false) },
    });
    const running = of.run();
    await of.time.advance(61_000);
    await of.store.cancel([(await of.job()).id], { reason: "no more" });
    await Promise.race([running, of.time.advance(60_000)]);
    expect((await of.job()).state).toBe("cancelled");
  });
});
