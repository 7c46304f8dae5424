import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { gate } from "../../testing/scene.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, startsOf, statesOf } from "../pipeline.fixture.ts";

const bad = (message: string) => new ClassedError("validation", "bad-shop", message);

describe("a partitioned step", () => {
  test("runs once for each partition, so many at a time, and gives their results by name", async () => {
    const held = gate();
    let running = 0;
    let most = 0;
    const pipeline = definePipeline<{ shops: readonly string[] }>({ name: "p" })
      .step("rate", () => 3)
      .partition("shop", {
        partitions: ({ input, steps, ctx }) =>
          Object.fromEntries(input.shops.map((shop) => [shop, { rate: steps.rate, run: ctx.run.id }])),
        concurrency: 2,
        step: async ({ ctx, steps }) => {
          running += 1;
          most = Math.max(most, running);
          await held.promise;
          running -= 1;
          ctx.run.set(ctx.partition.name, ctx.partition.context.rate);
          return ctx.partition.name.length * steps.rate;
        },
      })
      .step("sum", ({ steps, ctx }) => ({ ...steps.shop, b: ctx.run.get("b"), e: ctx.run.get("ee") }));
    const { of, handle, ended } = await play(pipeline, { shops: ["a", "b", "cc", "dd", "ee"] });
    await of.time.advance(5_000);
    expect(running).toBe(2);
    expect(await statesOf(handle)).toEqual({
      rate: "completed",
      shop: "running",
      "shop/a": "running",
      "shop/b": "running",
    });
    held.open();
    const run = await ended();
    expect(most).toBe(2);
    expect(JSON.parse(run.result ?? "")).toEqual({ a: 3, b: 3, cc: 6, dd: 6, ee: 6, e: 3 });
    expect(await statesOf(handle)).toMatchObject({ shop: "completed", "shop/ee": "completed" });
  });

  test("sees one that ends while it looks at those that have ended", async () => {
    const isBegun = gate();
    const held = gate();
    const pipeline = definePipeline({ name: "p" }).partition("shop", {
      partitions: () => ({ a: null, b: null }),
      step: async ({ ctx }) => {
        if (ctx.partition.name === "a") return isBegun.promise;
        isBegun.open();
        await held.promise;
        return undefined;
      },
    });
    const { of, handle, ended } = await play(pipeline, {});
    const isOver = async () => {
      const { rows } = await of.store.steps({ run: handle.id, steps: ["shop/b"] }, { limit: 1 });
      return rows[0]?.state === "completed";
    };
    of.watch.before.find = async () => {
      held.open();
      while (!(await isOver())) await new Promise((resolve) => setImmediate(resolve));
    };
    expect(await ended()).toMatchObject({ state: "completed", error: undefined });
    expect(of.watch.calls.find.length).toBeGreaterThan(0);
  });

  test("that is restarted runs only partitions that have not completed, with the contexts it had", async () => {
    const ran: string[] = [];
    let cuts = 0;
    let isMended = false;
    const pipeline = definePipeline({ name: "p" })
      .partition("shop", {
        partitions: () => {
          cuts += 1;
          return new Map([
            ["a", cuts],
            ["b", cuts],
            ["c", cuts],
          ]);
        },
        step: ({ ctx: { partition } }) => {
          ran.push(`${partition.name}${partition.context}`);
          if (partition.name !== "b" && !isMended) throw bad(`${partition.name} is closed`);
        },
      })
      .step("after", () => "done");
    const { handle, ended } = await play(pipeline, {});
    const run = await ended();
    expect(JSON.parse(run.error ?? "")).toEqual({
      ...{ class: "validation", reason: "bad-shop", step: "shop" },
      message: "2 of 3 partitions failed; shop/a: a is closed",
    });
    expect(await statesOf(handle)).toEqual({
      ...{ shop: "failed", "shop/a": "failed", "shop/b": "completed", "shop/c": "failed" },
    });
    isMended = true;
    await handle.restart();
    expect((await ended()).state).toBe("completed");
    expect(ran.toSorted()).toEqual(["a1", "a1", "b1", "c1", "c1"]);
    expect(cuts).toBe(1);
    expect(await startsOf(handle)).toEqual({ shop: 2, "shop/a": 2, "shop/b": 1, "shop/c": 2, after: 1 });
  });

  test("of chunk steps has a ledger and a place to read on for each of them", async () => {
    const written: string[] = [];
    let isMended = false;
    const pipeline = definePipeline({ name: "p" })
      .partition("year", {
        partitions: () => ({ "2024": { from: 10 }, "2025": { from: 20 } }),
        step: {
          read: async function* ({ partition, cursor }) {
            for (let n = Number(cursor ?? partition.context.from); n < partition.context.from + 8; n += 1) {
              if (n === 25 && !isMended) throw bad("the listing broke off");
              yield n + 1;
            }
          },
          cursor: (n) => String(n),
          key: (n) => `key ${n}`,
          process: (n, { partition }) => (n === 15 ? null : `${partition.name}:${n}`),
          write: (outputs) => void written.push(...outputs),
          chunkSize: 2,
          concurrency: 1,
        },
      })
      .step("counts", ({ steps, ctx }) => ({
        read: steps.year["2024"]?.read,
        filtered: steps.year["2024"]?.filtered,
        ledger: typeof ctx.ledger("year/2025").seen,
      }));
    const { handle, ended } = await play(pipeline, {});
    expect((await ended()).state).toBe("failed");
    expect(await statesOf(handle)).toEqual({
      year: "failed",
      "year/2024": "completed",
      "year/2025": "failed",
    });
    isMended = true;
    await handle.restart();
    const run = await ended();
    expect(JSON.parse(run.result ?? "")).toEqual({ read: 8, filtered: 1, ledger: "function" });
    const all = [11, 12, 13, 14, 16, 17, 18].map((n) => `2024:${n}`);
    expect(written.toSorted()).toEqual([...all, ...[21, 22, 23, 24, 25, 26, 27, 28].map((n) => `2025:${n}`)]);
    const rows = [];
    for await (const row of handle.items("year/2025")) rows.push(row.key);
    expect(rows).toHaveLength(8);
    expect(run.counters).toMatchObject({ "year/2024": { read: 8 }, "year/2025": { read: 8, done: 8 } });
  });

  test.each([
    ["nothing", undefined, "undefined"],
    ["a number", 5, "5"],
    ["a text", "abc", "abc"],
    ["a list", ["a", "b"], "a list"],
  ])(
    "refuses %s in the place of partitions, and a fan-out in the place of elements",
    async (_what, given, shown) => {
      const cut = await play(
        definePipeline({ name: "p" }).partition("shop", { partitions: () => given as never, step: () => 1 }),
        {},
      );
      expect(JSON.parse((await cut.ended()).error ?? "")).toMatchObject({
        reason: "bad-partitions",
        message: expect.stringContaining(
          `step "shop" was given ${shown} for its partitions; it takes an object or a Map`,
        ),
      });
      if (Array.isArray(given)) return;
      const fan = await play(
        definePipeline({ name: "p" }).each(
          "all",
          () => given as never,
          () => 1,
        ),
        {},
      );
      expect(JSON.parse((await fan.ended()).error ?? "")).toMatchObject({
        reason: "bad-elements",
        message: `step "all" was given ${shown} to run over; it takes an array`,
      });
    },
  );

  test("is partial where a partition is, and without partitions completes", async () => {
    const pipeline = definePipeline<{ parts: Readonly<Record<string, number>> }>({ name: "p" }).partition(
      "n",
      {
        partitions: ({ input }) => input.parts,
        step: {
          read: ({ partition }) => [partition.context],
          process: (n) => {
            if (n > 1) throw bad("too much");
          },
        },
      },
    );
    const { handle, ended } = await play(pipeline, { parts: { a: 1, b: 2 } });
    expect((await ended()).state).toBe("partial");
    expect(await statesOf(handle)).toEqual({ n: "partial", "n/a": "completed", "n/b": "partial" });
    const none = await play(pipeline, { parts: {} });
    expect((await none.ended()).state).toBe("completed");
    expect(await statesOf(none.handle)).toEqual({ n: "completed" });
  });

  test("of which one is partial runs that one again, and no other, where failed items are to run again", async () => {
    const ran: number[] = [];
    let isMended = false;
    const pipeline = definePipeline({ name: "p" }).partition("n", {
      partitions: () => ({ a: 10, b: 20 }),
      step: {
        read: ({ partition }) => [partition.context + 1, partition.context + 2],
        process: (n) => {
          ran.push(n);
          if (n === 22 && !isMended) throw bad("too much");
        },
      },
    });
    const { handle, ended } = await play(pipeline, {});
    expect((await ended()).state).toBe("partial");
    isMended = true;
    await handle.restart({ only: "failed" });
    expect((await ended()).state).toBe("completed");
    expect(await startsOf(handle)).toEqual({ n: 2, "n/a": 1, "n/b": 2 });
    expect(ran.toSorted()).toEqual([11, 12, 21, 22, 22]);
  });

  test("refuses partitions it cannot name, or too many of them", async () => {
    const of = (parts: Readonly<Record<string, number>>) =>
      definePipeline({ name: "p" }).partition("n", { partitions: () => parts, step: () => 1 });
    const slash = await (await play(of({ "a/b": 1 }), {})).ended();
    expect(JSON.parse(slash.error ?? "")).toMatchObject({ class: "validation", reason: "bad-partitions" });
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`p${n}`, 1]));
    const run = await (await play(of(many), {})).ended();
    expect(JSON.parse(run.error ?? "")).toMatchObject({
      message: 'step "n" has 10001 partitions; 10000 are the most',
    });
  });
});

describe("a fan-out", () => {
  test("gives outputs in the array's order, without those of elements that gave none or failed", async () => {
    const pipeline = definePipeline<{ upTo: number }>({ name: "p" })
      .each(
        "square",
        async ({ input }) => Array.from({ length: input.upTo }, (_, index) => index + 1),
        async (n, { params, attempt }) => {
          if (n === 7) throw bad("seven");
          if (n === 5 && attempt === 1) throw new Error("once");
          return n % 4 === 0 ? null : { n, square: n * n, of: params.upTo };
        },
        { chunkSize: 3, concurrency: 2 },
      )
      .step("list", ({ steps }) => steps.square.map(({ square }) => square));
    const { handle, ended } = await play(pipeline, { upTo: 12 });
    const run = await ended();
    expect(run).toMatchObject({ state: "partial", result: "[1,4,9,25,36,81,100,121]" });
    expect(run.counters["square"]).toMatchObject({ read: 12, done: 8, filtered: 3, failed: 1 });
    expect(await statesOf(handle)).toEqual({ square: "partial", list: "completed" });
  });

  test("over nothing gives nothing", async () => {
    const pipeline = definePipeline({ name: "p" })
      .each(
        "none",
        () => [] as readonly number[],
        (n) => n,
      )
      .step("list", ({ steps }) => steps.none);
    expect(await (await play(pipeline, {})).ended()).toMatchObject({ state: "completed", result: "[]" });
  });
});
