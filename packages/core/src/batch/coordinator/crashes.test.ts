import { describe, expect, test } from "vitest";
import { newId } from "../../model/ids.ts";
import { gate, type Scene, scene, unreachable } from "../../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch, STEP } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import type { Startable } from "../pipeline/pipeline.ts";
import { play, statesOf, workerOf } from "../pipeline.fixture.ts";

/** Has the next job of this name die, as one does that has taken too many workers down. */
async function kill(of: Scene<readonly []>, queue: string, name: string): Promise<void> {
  const lease = newId<never>();
  const claimed = await of.store.claim([{ queue, max: 1, names: [name] }], {
    worker: "w",
    lease,
    leaseMs: 10_000,
  });
  const [held] = claimed;
  if (held === undefined) throw new Error(`there is no ${name} to claim`);
  const outcome = { kind: "dead", fingerprint: "crashed" } as const;
  await of.store.settle([{ id: held.id, token: held.token, write: 1, outcome, record: "crashed" }]);
}

describe("a step whose job died", () => {
  test("fails its run once its chunks in flight have ended, each item with a row", async () => {
    const held = gate();
    const { batch } = numbersBatch({
      process: async (number) => {
        if (number > 10) await held.promise;
        return number;
      },
    });
    const of = scene([batch]) as unknown as Scene<readonly []>; // nobody names its jobs
    const handle = await of.mr.start(batch as Startable<unknown>, { upTo: 100 });
    const reading = workerOf(of, ["count/run", "count/step"]);
    await of.time.advance(5_000);
    await reading.stop();
    const chunks = workerOf(of, ["count/chunk"]);
    await of.time.advance(5_000);
    await kill(of, "counting", "count/step");
    const coordinating = workerOf(of, ["count/run"]);
    await of.time.advance(30_000);
    expect((await handle.row()).state).toBe("running");
    held.open();
    const run = await ended(of, handle);
    expect(JSON.parse(run.error ?? "")).toMatchObject({ class: "crashed", step: STEP });
    expect(run.counters[STEP]).toEqual({ done: 20, read: 20 });
    expect(await ledger(of, handle.id)).toHaveLength(20);
    expect(await statesOf(handle)).toEqual({ [STEP]: "failed" });
    await Promise.all([chunks.stop(), coordinating.stop()]);
    of.mr.worker();
    await handle.restart();
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
  });

  test("of which a chunk was given up with it gives its items a row, and a restart runs them", async () => {
    let isWorking = false;
    const { batch, written } = numbersBatch({
      process: (number) => (isWorking ? number : new Promise<number>(() => undefined)),
    });
    const of = scene([batch]) as unknown as Scene<readonly []>; // nobody names its jobs
    const handle = await of.mr.start(batch as Startable<unknown>, { upTo: 30 });
    of.mr.worker({ grace: "1s" });
    await of.time.advance(3_000);
    const [step] = (await of.mr.jobs.list({ name: "count/step" })).rows;
    await of.mr.jobs.cancel(step?.id ?? "");
    const run = await ended(of, handle);
    expect(JSON.parse(run.error ?? "")).toMatchObject({ class: "cancelled", step: STEP });
    expect(run.counters[STEP]).toEqual({ failed: 20, read: 20 });
    const rows = await ledger(of, handle.id);
    expect(new Set(rows.map(({ state, reason }) => `${state} ${reason}`))).toEqual(
      new Set(["failed chunk-cancelled"]),
    );
    isWorking = true;
    await handle.restart();
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 30, read: 30, sealed: 1 });
    expect(written).toHaveLength(30);
  });
});

test("a run whose coordinator died is failed by a sweep, and goes on when it is restarted", async () => {
  const pipeline = definePipeline({ name: "p", queue: "q" }).step("one", () => 1);
  const of = scene([pipeline]) as unknown as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(pipeline as Startable<unknown>, {});
  await kill(of, "q", "p/run");
  of.mr.worker();
  await of.time.advance(60_000);
  expect(await handle.row()).toMatchObject({ state: "failed" });
  await handle.restart();
  expect(await ended(of, handle)).toMatchObject({ state: "completed", result: "1" });
});

test("a task that a store without transactions cannot run so fails in words", async () => {
  const pipeline = definePipeline({ name: "p" }).step("one", () => 1, { transactional: true, retry: "none" });
  const run = await (await play(pipeline, {})).ended();
  expect(JSON.parse(run.error ?? "")).toMatchObject({
    step: "one",
    message: expect.stringContaining('step "one" is transactional, and this store has no transactions'),
  });
});

test("a task may ask the ledgers of chunk steps, and of those only", async () => {
  const pipeline = definePipeline({ name: "p" })
    .step("load", {
      read: () => ["a", "b"],
      key: (item) => item,
      process: (item) => {
        if (item === "b") throw new TypeError("b is bad");
      },
      retry: "none",
    })
    .step("ask", async ({ ctx }) => {
      const { seen, failures } = ctx.ledger("load");
      const failed: string[] = [];
      for await (const { key } of failures()) failed.push(key);
      expect(await seen([])).toEqual(new Set());
      await expect(seen(Array.from({ length: 10_001 }, String))).rejects.toMatchObject({ code: "too-large" });
      expect(() => ctx.ledger("ask")).toThrow('"p" has no chunk step "ask"');
      expect(() => ctx.ledger("none")).toThrow('"p" has no chunk step "none"');
      return { seen: [...(await seen(["a", "b", "c"]))].toSorted(), failed };
    });
  const run = await (await play(pipeline, {})).ended();
  expect(JSON.parse(run.result ?? "")).toEqual({ seen: ["a", "b"], failed: ["b"] });
});

test("progress begins with the rate that others have seen, also after a restart", async () => {
  let breaks = true;
  const { batch } = numbersBatch({
    chunkSize: 10,
    concurrency: 1,
    read: async function* ({ params, cursor }) {
      for (let n = Number(cursor ?? 0) + 1; n <= params.upTo; n += 1) {
        if (n === 151 && breaks) throw new ReferenceError("broken off");
        yield n;
      }
    },
    process: async (n) => {
      await new Promise<void>((resolve) => void of.time.after(100, resolve));
      return n;
    },
  });
  const of = scene([batch]) as unknown as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(batch as Startable<unknown>, { upTo: 400 });
  of.mr.worker();
  expect((await ended(of, handle)).state).toBe("failed");
  breaks = false;
  await handle.restart();
  await of.time.advance(1_000);
  for await (const progress of of.mr.run(handle.id).progress()) {
    expect(progress).toMatchObject({ state: "running", step: STEP });
    expect(progress.itemsPerSecond).toBeGreaterThan(0);
    expect(progress.done).toBeGreaterThanOrEqual(150);
    break;
  }
  expect((await ended(of, handle)).counters[STEP]).toMatchObject({ done: 400, read: 400 });
});

test("a step job that cannot read its run burns none of its task's attempts", async () => {
  let away = 6;
  let tries = 0;
  const pipeline = definePipeline({ name: "p" }).step("one", () => {
    tries += 1;
    return tries;
  });
  const of = scene([pipeline]) as unknown as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(pipeline as Startable<unknown>, {});
  of.watch.before.steps = () => {
    if (away > 0) {
      away -= 1;
      unreachable();
    }
  };
  of.mr.worker();
  expect(await ended(of, handle)).toMatchObject({ state: "completed", result: "1" });
});
