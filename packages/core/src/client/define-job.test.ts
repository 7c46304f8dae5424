import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, expectTypeOf, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import type { Transaction } from "../store/call.ts";
import { defineJob } from "./define-job.ts";

/** A schema by hand: text in, a number out. */
const count: StandardSchemaV1<{ n: string }, { n: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const text = (value as { n?: unknown } | null)?.n;
      if (typeof text !== "string") return { issues: [{ message: "must be text", path: ["n"] }] };
      return { value: { n: Number(text) } };
    },
  },
};

const counted = defineJob({ name: "counted", input: count, run: async ({ n }) => ({ twice: n * 2 }) });
const plain = defineJob({ name: "plain", run: (input: { to: string }) => input.to.length });
const contract = defineJob({ name: "contract", input: count });

describe("types of a definition", () => {
  test("follow from its schema and its run", () => {
    const mr = createMillrace({ store: memoryStore(), jobs: [counted, plain, contract] });
    const _typed = async () => {
      expectTypeOf((await mr.enqueue(counted, { n: "1" })).result()).resolves.toEqualTypeOf<{
        twice: number;
      }>();
      expectTypeOf((await mr.enqueue(plain, { to: "x" })).result()).resolves.toEqualTypeOf<number>();
      expectTypeOf((await mr.enqueue("counted", { n: "1" })).result()).resolves.toEqualTypeOf<{
        twice: number;
      }>();
      expectTypeOf((await mr.enqueue(contract, { n: "1" })).result()).resolves.toEqualTypeOf<unknown>();
      await mr.enqueueMany(plain, [{ to: "x" }], { tags: ["a"] });
      // @ts-expect-error the schema's input is text
      await mr.enqueue(counted, { n: 1 });
      // @ts-expect-error by name too
      await mr.enqueue("counted", { n: 1 });
      // @ts-expect-error an input is needed
      await mr.enqueue(counted);
      // @ts-expect-error no job has this name
      await mr.enqueue("uncounted", { n: "1" });
      // @ts-expect-error a field that plain does not know
      await mr.enqueue(plain, { to: "x", cc: "y" });
      await mr.enqueueMany("counted", [{ n: "1" }]);
      // @ts-expect-error by name too
      await mr.enqueueMany("counted", [{ n: 1 }]);
      // @ts-expect-error not all inputs fit
      await mr.enqueueMany(plain, [{ to: "x" }, { to: 1 }]);
      // @ts-expect-error no such option
      await mr.enqueue(plain, { to: "x" }, { colour: "red" });
      // @ts-expect-error a duration is a number and one letter
      await mr.enqueue(plain, { to: "x" }, { delay: "10 minutes" });
      // @ts-expect-error no such class
      await mr.enqueue(plain, { to: "x" }, { priority: "urgent" });
      await mr.enqueue(plain, { to: "x" }, { delay: "10m", timeout: 500, retry: { max: "2d" } });
      defineJob({ name: "l", input: count, limits: ({ n }) => [n.toUpperCase()] });
      // @ts-expect-error limits are made of what is enqueued, before the schema
      defineJob({ name: "l", input: count, limits: ({ n }) => [n.toFixed()] });
      // @ts-expect-error limits are texts
      defineJob({ name: "l", limits: [1], run: () => 1 });
      // @ts-expect-error no such option of a worker
      mr.worker({ threads: 4 });
      // @ts-expect-error concurrency is a number
      mr.worker({ queues: { mail: "20" } });
    };
    expect(_typed).toBeTypeOf("function");
  });

  test("follow what a handler attached later returns", () => {
    const handled = contract.handler(async ({ n }, ctx) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      return ctx.draining.aborted ? ctx.release() : { n, done: true };
    });
    const mr = createMillrace({ store: memoryStore(), jobs: [handled] });
    const _typed = async () => {
      const { result } = await mr.enqueue(handled, { n: "1" });
      expectTypeOf(result()).resolves.toEqualTypeOf<{ n: number; done: boolean }>();
      // @ts-expect-error a run that takes something else
      contract.handler(async (input: { m: number }) => input.m);
    };
    expect(_typed).toBeTypeOf("function");
    expect(contract.hasRun).toBe(false);
    expect(handled.hasRun).toBe(true);
  });

  test("know the transaction of a job and of a program", () => {
    const mr = createMillrace({ store: memoryStore() });
    const paid = defineJob({
      name: "paid",
      transactional: true,
      run: async (_input: { order: number }, ctx) => {
        expectTypeOf(ctx.transaction).toEqualTypeOf<Transaction | undefined>();
        const rows = await ctx.transaction?.query<{ n: number }>("select $1::int as n", [1]);
        // @ts-expect-error an object cannot be bound
        await ctx.transaction?.query("select $1", [{ n: 1 }]);
        return rows?.[0]?.n ?? 0;
      },
    });
    const _typed = async () => {
      const handle = await mr.transaction((transaction) => mr.enqueue(paid, { order: 1 }, { transaction }));
      expectTypeOf(handle.result()).resolves.toEqualTypeOf<number>();
      // @ts-expect-error a wrong payload, inside a transaction too
      await mr.transaction((transaction) => mr.enqueue(paid, { order: "1" }, { transaction }));
      // @ts-expect-error nothing but a transaction
      await mr.enqueue(paid, { order: 1 }, { transaction: {} });
      // @ts-expect-error yes or no
      defineJob({ name: "x", transactional: "yes" });
      // @ts-expect-error one cannot read what the result does not have
      (await (await mr.enqueue(counted, { n: "1" })).result()).thrice;
    };
    expect(_typed).toBeTypeOf("function");
    expect(paid).toMatchObject({ transactional: true, timeoutMs: undefined });
  });

  test("know what isolates a job", () => {
    const resized = defineJob({
      name: "resized",
      isolate: { module: import.meta.url, memoryMb: 256, cpuSeconds: 2.5, env: { TZ: undefined } },
      run: (input: { path: string }, ctx) => {
        expectTypeOf(ctx.signal).toEqualTypeOf<AbortSignal>();
        return { pixels: input.path.length };
      },
    });
    const mr = createMillrace({ store: memoryStore(), jobs: [resized] });
    const _typed = async () => {
      const { result } = await mr.enqueue(resized, { path: "a.png" });
      expectTypeOf(result()).resolves.toEqualTypeOf<{ pixels: number }>();
      mr.worker({ isolated: { processes: 4 } });
      // @ts-expect-error a process cannot be given a function: the module is needed
      defineJob({ name: "x", isolate: "process" });
      // @ts-expect-error the module is needed
      defineJob({ name: "x", isolate: { memoryMb: 256 } });
      // @ts-expect-error no such limit
      defineJob({ name: "x", isolate: { module: import.meta.url, memory: "1g" } });
      // @ts-expect-error no such option
      mr.worker({ isolated: { children: 4 } });
    };
    expect(_typed).toBeTypeOf("function");
    expect(resized.isolation).toEqual({
      module: import.meta.url,
      memoryMb: 256,
      cpuSeconds: 2.5,
      maxJobs: 1_000,
      env: {},
    });
    expect(defineJob({ name: "x", isolate: { module: "/jobs.mjs" } }).isolation).toMatchObject({
      module: "file:///jobs.mjs",
      memoryMb: 512,
      cpuSeconds: undefined,
    });
    expect(resized.handler(() => 1).isolation).toBe(resized.isolation);
  });

  test("let a job without input be enqueued without one", () => {
    const tick = defineJob({ name: "tick", run: () => undefined });
    const mr = createMillrace({ store: memoryStore(), jobs: [tick] });
    const _typed = () =>
      Promise.all([mr.enqueue(tick), mr.enqueue("tick"), mr.enqueue(tick, undefined, { tags: [] })]);
    expect(_typed).toBeTypeOf("function");
  });
});

describe("a definition", () => {
  test("has its defaults", () => {
    expect(plain).toMatchObject({
      queue: "default",
      priority: "default",
      maxRescues: undefined,
      hasRun: true,
    });
    expect(plain).toMatchObject({ timeoutMs: undefined, retry: undefined });
    expect(defineJob({ name: "x", timeout: "1.5s", retry: "aggressive" })).toMatchObject({
      timeoutMs: 1_500,
      retry: { maxAttempts: 5 },
    });
  });

  test.each([
    [{ name: "" }, /defineJob.name is ""/],
    [{ name: "a\nb" }, /defineJob.name is "a\\nb"/],
    [{ name: "x", colour: 1 }, /no option "colour"/],
    [{ name: "x", queue: "" }, /job "x": queue is ""/],
    [{ name: "x", priority: "urgent" }, /job "x": priority is "urgent"; it takes critical, high/],
    [{ name: "x", timeout: "10 minutes" }, /job "x": timeout is "10 minutes"/],
    [{ name: "x", timeout: 0 }, /job "x": timeout is 0/],
    [{ name: "x", retry: "often" }, /job "x": retry is "often"; it takes default, aggressive, none/],
    [{ name: "x", retry: { maxAttempts: 0 } }, /job "x": retry.maxAttempts is 0/],
    [{ name: "x", retry: { jitter: "some" } }, /job "x": retry.jitter is "some"/],
    [{ name: "x", retry: { tries: 1 } }, /job "x": retry has no option "tries"/],
    [{ name: "x", maxRescues: -1 }, /job "x": maxRescues is -1/],
    [
      { name: "x", isolate: "process" },
      /job "x": isolate is "process"; it takes { module: import\.meta\.url }/,
    ],
    [
      { name: "x", isolate: { module: "./x.js" } },
      /job "x": isolate\.module is "\.\/x\.js"; it takes import\.meta/,
    ],
    [
      { name: "x", isolate: { module: "https://x" } },
      /isolate\.module is "https:\/\/x"; it takes import\.meta/,
    ],
    [
      { name: "x", isolate: { module: "/x", memoryMb: 64 } },
      /isolate\.memoryMb is 64; it takes a whole number, 96/,
    ],
    [
      { name: "x", isolate: { module: "/x", cpuSeconds: 0 } },
      /isolate\.cpuSeconds is 0; it takes a number above 0/,
    ],
    [{ name: "x", isolate: { module: "/x", maxJobs: 0 } }, /isolate\.maxJobs is 0/],
    [{ name: "x", isolate: { module: "/x", env: ["A"] } }, /isolate\.env is \["A"\]; it takes an object/],
    [{ name: "x", isolate: { module: "/x", env: { A: 1 } } }, /isolate\.env\.A is "number"; it takes a text/],
    [{ name: "x", isolate: { module: "/x", limits: 1 } }, /isolate has no option "limits"/],
    [
      { name: "x", transactional: true, isolate: { module: "/x" } },
      /isolate is "given"; it takes nothing for a tr/,
    ],
    [{ name: "x", transactional: 1 }, /job "x": transactional is 1; it takes true or false/],
  ])("%j is refused by name", (options, message) => {
    expect(() => defineJob(options as { name: string })).toThrow(
      expect.objectContaining({ code: "bad-config" }),
    );
    expect(() => defineJob(options as { name: string })).toThrow(message);
  });
});
