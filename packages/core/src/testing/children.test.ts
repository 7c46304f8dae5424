import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { ChildResult } from "../job/child.ts";
import type { WaitParts } from "../job/control.ts";
import type { JobId } from "../model/ids.ts";
import { scene } from "./scene.fixture.ts";

const child = defineJob({
  name: "child",
  retry: "none",
  run: (input: { n: number }) => {
    if (input.n < 0) throw new Error(`${input.n} is below zero`);
    return input.n === 0 ? undefined : { twice: input.n * 2 };
  },
});

/** A parent of one child per number, which gives what it saw of them. */
function sumJob(policy?: WaitParts["policy"]) {
  return defineJob({
    name: "sum",
    retry: "none",
    run: async (numbers: number[], ctx) => {
      if (ctx.children === undefined) {
        for (const n of numbers) ctx.enqueueChild(child, { n });
        return ctx.waitForChildren({ policy, checkpoint: "spawned" });
      }
      const seen: ChildResult[] = [];
      for await (const one of ctx.childResults()) seen.push(one);
      const states = seen.map(({ state }) => state).sort();
      const results = seen.map(({ result }) => JSON.stringify(result));
      return { tally: ctx.children, at: ctx.checkpoint, states, results };
    },
  });
}

async function ran(policy: WaitParts["policy"], numbers: number[]) {
  const sum = sumJob(policy);
  const { mr, time, errors } = scene([sum, child]);
  mr.worker();
  const { id } = await mr.enqueue(sum, numbers);
  await time.advance(5_000);
  const record = await mr.jobs.get(id);
  const { rows } = await mr.jobs.list({ parent: id });
  await mr.close();
  expect(errors).toEqual([]);
  return { record, children: rows };
}

describe("a parent that dies of its children", () => {
  test("has the others cancelled: queued ones at once, running ones by signal", async () => {
    const stopped: string[] = [];
    const slow = defineJob({
      name: "slow",
      retry: "none",
      run: (_: unknown, ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener("abort", () => {
            stopped.push((ctx.signal.reason as Error).message);
            reject(ctx.signal.reason as Error);
          });
        }),
    });
    const family = defineJob({
      name: "family",
      retry: "none",
      run: (_: unknown, ctx) => {
        ctx.enqueueChild(slow, {});
        ctx.enqueueChild(child, { n: 1 }, { delay: "1h" });
        ctx.enqueueChild(child, { n: -1 });
        return ctx.waitForChildren({ policy: "fail-fast" });
      },
    });
    const { mr, time } = scene([family, slow, child]);
    mr.worker();
    const { id } = await mr.enqueue(family, {});
    await time.advance(60_000);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error: { reason: "children-failed" } });
    const { rows } = await mr.jobs.list({ parent: id });
    expect(rows.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual([
      "child cancelled",
      "child dead",
      "slow cancelled",
    ]);
    expect(stopped).toEqual([expect.stringContaining("its parent was cancelled or had failed")]);
    await mr.close();
  });
});

describe("a parent and its children", () => {
  test("runs again when they have ended, and reads their results", async () => {
    const { record, children } = await ran(undefined, [1, 2, -3]);
    expect(record).toMatchObject({
      state: "completed",
      attempts: 1,
      result: {
        tally: { total: 3, completed: 2, failed: 1 },
        at: "spawned",
        states: ["completed", "completed", "dead"],
      },
    });
    expect(children.map(({ name, parent }) => [name, parent])).toEqual(Array(3).fill(["child", record?.id]));
  });

  test.each([
    ["fail-fast", [1, -1], 1],
    [{ kind: "quorum", n: 2 }, [1, -1], 1],
    [{ kind: "tolerate", percent: 10 }, [1, 1, -1], 1],
  ] as const)("dies of them where %j cannot be met", async (policy, numbers, failed) => {
    const { record } = await ran(policy, [...numbers]);
    expect(record).toMatchObject({
      state: "dead",
      attempts: 0,
      error: {
        class: "processing",
        reason: "children-failed",
        message: expect.stringContaining(`${failed} of ${numbers.length} children`),
      },
    });
  });

  test("reads no result of children that returned nothing, or failed", async () => {
    const { record } = await ran(undefined, [1, 0, -1]);
    expect(record?.result).toMatchObject({ results: ["null", "null", '{"twice":2}'] });
  });

  test("goes on with a quorum while the rest still runs", async () => {
    const slow = defineJob({ name: "slow", run: (_input: unknown, ctx) => ctx.snooze("1h") });
    const parent = defineJob({
      name: "parent",
      run: (_input: unknown, ctx) => {
        if (ctx.children !== undefined) return ctx.children;
        ctx.enqueueChild(slow);
        ctx.enqueueChild(child, { n: 1 });
        return ctx.waitForChildren({ policy: { kind: "quorum", n: 1 } });
      },
    });
    const { mr, time } = scene([parent, slow, child]);
    mr.worker();
    const { result } = await mr.enqueue(parent);
    const waiting = result();
    await time.advance(3_000);
    expect(await waiting).toEqual({ total: 2, completed: 1, failed: 0 });
    await mr.close();
  });

  test("children inherit tenant and correlation, and take options of their own", async () => {
    const parent = defineJob({
      name: "parent",
      run: (_input: unknown, ctx) => {
        ctx.enqueueChild(child, { n: 1 }, { priority: "high", tags: ["t"] });
      },
    });
    const { mr, time } = scene([parent, child]);
    mr.worker();
    const given = { tenant: "acme", correlationId: "c1", submittedBy: "ada" };
    const { id } = await mr.enqueue(parent, undefined, given);
    await time.advance(2_000);
    const { rows } = await mr.jobs.list({ parent: id });
    expect(rows).toMatchObject([{ ...given, priority: "high", tags: ["t"], state: "completed" }]);
    await mr.close();
  });
});

describe("children not yet written", () => {
  test("go with the next save, at once, and are ready then", async () => {
    const seen: [JobId, number][] = [];
    const parent = defineJob({
      name: "parent",
      run: async (_input: unknown, ctx) => {
        const id = ctx.enqueueChild(child, { n: 1 });
        const before = (await store.find({ parent: ctx.job.id }, { limit: 10 })).rows.length;
        await ctx.save({ checkpoint: "1" });
        seen.push([id, before]);
        seen.push([(await store.find({ parent: ctx.job.id }, { limit: 10 })).rows[0]?.id as JobId, 1]);
        await ctx.save({ checkpoint: "2" });
      },
    });
    const { mr, time, store, watch } = scene([parent, child]);
    mr.worker();
    await mr.enqueue(parent);
    await time.advance(2_000);
    const id = seen[0]?.[0];
    expect(seen).toEqual([
      [id, 0],
      [id, 1],
    ]);
    const spawns = watch.calls.save.flatMap(([writes]) => writes.map((write) => write.spawn?.length ?? 0));
    expect(spawns).toEqual([1, 0]);
    expect(watch.calls.settle.flatMap(([writes]) => writes.flatMap((write) => write.spawn ?? []))).toEqual(
      [],
    );
    await mr.close();
  });

  test("are dropped by an attempt that fails, so that the next does not double them", async () => {
    const parent = defineJob({
      name: "parent",
      retry: { maxAttempts: 2, initial: "100ms", jitter: "none" },
      run: (_input: unknown, ctx) => {
        ctx.enqueueChild(child, { n: ctx.attempt });
        if (ctx.attempt === 1) throw new Error("once");
      },
    });
    const { mr, time } = scene([parent, child]);
    mr.worker();
    const { id } = await mr.enqueue(parent);
    await time.advance(3_000);
    expect((await mr.jobs.list({ parent: id })).rows).toMatchObject([{ input: { n: 2 } }]);
    await mr.close();
  });

  test.each([false, true])("with a bad input fail the attempt (async schema: %s)", async (isAsync) => {
    const issues = { issues: [{ message: "must be text" }] };
    const schema: StandardSchemaV1<string, string> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: () => (isAsync ? Promise.resolve(issues) : issues),
      },
    };
    const strict = defineJob({ name: "strict", input: schema });
    const parent = defineJob({
      name: "parent",
      retry: "none",
      run: (_input: unknown, ctx) => {
        ctx.enqueueChild(strict, "x");
        return ctx.waitForChildren();
      },
    });
    const { mr, time } = scene([parent, strict]);
    mr.worker();
    const { id } = await mr.enqueue(parent);
    await time.advance(2_000);
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      error: { message: expect.stringContaining("must be text") },
    });
    expect((await mr.jobs.list({ parent: id })).rows).toEqual([]);
    await mr.close();
  });

  test("are refused to jobs of a handler that makes none", async () => {
    const plain = defineJob({ name: "plain" });
    let refusal: unknown;
    const { mr, time } = scene([plain]);
    mr.registry.add({
      name: "plain",
      queue: "default",
      run: (_input, ctx) => {
        try {
          ctx.enqueueChild(child, { n: 1 });
        } catch (error) {
          refusal = error;
        }
      },
    });
    mr.worker();
    const { id } = await mr.enqueue(plain);
    await time.advance(2_000);
    expect(refusal).toMatchObject({ code: "bad-usage", message: expect.stringContaining('"plain"') });
    expect((await mr.jobs.list({ parent: id })).rows).toEqual([]);
    await mr.close();
  });

  test("inputs are held to the definition's type, and transactions refused", async () => {
    const errors: string[] = [];
    const parent = defineJob({
      name: "parent",
      run: (_input: unknown, ctx) => {
        const refused = (act: () => unknown) => {
          try {
            act();
          } catch (error) {
            errors.push(String(error));
          }
        };
        // @ts-expect-error a child needs its input
        refused(() => ctx.enqueueChild(child));
        // @ts-expect-error the input is a number
        refused(() => ctx.enqueueChild(child, { n: "1" }, { transaction: 1 }));
        refused(() => ctx.waitForChildren({ policy: { kind: "quorum", n: 0 } }));
        return ctx.release();
      },
    });
    const { mr, time } = scene([parent]);
    mr.worker();
    await mr.enqueue(parent, undefined);
    await time.settle();
    expect(errors.slice(0, 2)).toEqual([
      expect.stringContaining("enqueueChild.transaction"),
      expect.stringContaining("quorum of 0"),
    ]);
    await mr.close();
  });
});
