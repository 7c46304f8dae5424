import { describe, expect, test } from "vitest";
import { decodeAttempts } from "../../model/attempt.ts";
import { sealEnvelope } from "../../model/envelope.ts";
import { ClassedError, MillraceError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { scene } from "../../testing/scene.fixture.ts";
import { ended, numbers, numbersBatch, STEP } from "../numbers.fixture.ts";
import { jobsOf, program, statesOfJobs, workerOf } from "../parties.fixture.ts";
import { statesOf } from "../pipeline.fixture.ts";

const REFUSED = new ClassedError("validation", "bad", "it is bad");

/** A batch whose run fails at its third item until it is mended; `reads` counts how often its reader was opened. */
function failingFast() {
  const state = { isBroken: true, reads: 0 };
  const { batch, written } = numbersBatch({
    onFailure: "failFast",
    read: (context) => {
      state.reads += 1;
      return numbers(context);
    },
    process: (number) => {
      if (number === 3 && state.isBroken) throw REFUSED;
      return number;
    },
  });
  return { batch, written, state };
}

describe("a step's job that an operator has run again", () => {
  test("does nothing where a restart has put another in its place", async () => {
    const { batch, written, state } = failingFast();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    const worker = of.mr.worker();
    expect((await ended(of, handle)).state).toBe("failed");
    await worker.stop();
    const [old] = await jobsOf(of, handle.id, "count/step");
    state.isBroken = false;
    state.reads = 0;
    await handle.restart();
    const coordinating = workerOf(of, ["count/run"]);
    await of.time.advance(5_000);
    await coordinating.stop();
    await of.mr.jobs.retry(old?.id ?? "");
    of.mr.worker();
    const run = await ended(of, handle);
    expect(run.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(written).toHaveLength(100);
    expect(state.reads).toBe(1);
    expect(await statesOfJobs(of, handle.id, "count/step")).toEqual({ completed: 2 });
  });

  test("does nothing where its run is over", async () => {
    const { batch, state } = failingFast();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    of.mr.worker();
    const { counters } = await ended(of, handle);
    const [job] = await jobsOf(of, handle.id, "count/step");
    state.reads = 0;
    await of.mr.jobs.retry(job?.id ?? "");
    await of.time.advance(30_000);
    expect(await statesOfJobs(of, handle.id, "count/step")).toEqual({ completed: 1 });
    expect(state.reads).toBe(0);
    expect(await handle.row()).toMatchObject({ state: "failed", counters });
    expect(await statesOf(handle)).toEqual({ [STEP]: "failed" });
  });
});

describe("a restart", () => {
  test("waits for a chunk of the execution before that an operator has run again, and counts it once", async () => {
    let isShut = true;
    const { batch, written } = numbersBatch({
      prepare: (items) => {
        if (isShut && items.includes(1)) throw REFUSED;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 10 });
    const worker = of.mr.worker();
    expect((await ended(of, handle)).counters[STEP]).toMatchObject({ done: 5, failed: 5 });
    await worker.stop();
    isShut = false;
    const [given] = (await of.store.find({ name: "count/chunk", states: ["dead"] }, { limit: 2 })).rows;
    await of.mr.jobs.retry(given?.id ?? "");
    await handle.restart({ only: "failed" });
    const reading = workerOf(of, ["count/run", "count/step"]);
    await of.time.advance(10_000);
    expect(await statesOfJobs(of, handle.id, "count/chunk")).toEqual({ completed: 1, ready: 1 });
    const [, step] = await jobsOf(of, handle.id, "count/step");
    expect(step).toMatchObject({ attempts: 0, snoozes: expect.any(Number) });
    expect(step?.snoozes).toBeGreaterThanOrEqual(2);
    await reading.stop();
    of.mr.worker();
    const run = await ended(of, handle);
    expect(run).toMatchObject({ state: "completed" });
    expect(run.counters[STEP]).toEqual({ done: 10, read: 10, sealed: 1 });
    expect(written.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // The one run again leaves its items to that of the restart.
    expect(await statesOfJobs(of, handle.id, "count/chunk")).toEqual({ completed: 3 });
  });

  test("of a step whose job died before it had read anything reads from the start", async () => {
    const { batch, written } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 10 });
    const coordinating = workerOf(of, ["count/run"]);
    await of.time.advance(5_000);
    await of.mr.jobs.cancel((await jobsOf(of, handle.id, "count/step"))[0]?.id ?? "");
    expect((await ended(of, handle)).counters).toEqual({});
    await coordinating.stop();
    await handle.restart();
    of.mr.worker();
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 10, read: 10, sealed: 1 });
    expect(written).toHaveLength(10);
  });
});

test("items of a chunk that was given up at the very end count towards the step's failure", async () => {
  const { batch } = numbersBatch({
    onFailure: { tolerate: 4 },
    prepare: (items) => {
      if (items.includes(1)) throw REFUSED;
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 10 });
  of.mr.worker();
  const run = await ended(of, handle);
  expect(run.state).toBe("failed");
  expect(JSON.parse(run.error ?? "")).toMatchObject({
    ...{ step: STEP, class: "processing", reason: "too-many-failures" },
    message: "5 items failed for good; 4 are tolerated",
  });
  expect(run.counters[STEP]).toEqual({ done: 5, failed: 5, read: 10, sealed: 1 });
});

test("a failing step waits for a chunk that an operator has run again just before its end", async () => {
  let isShut = true;
  const { batch } = numbersBatch({
    onFailure: "failFast",
    prepare: (items) => {
      if (isShut && items.includes(1)) throw REFUSED;
    },
    process: (number) => {
      if (number === 8) throw REFUSED;
      return number;
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 10 });
  of.watch.before.find = async () => {
    const [filter] = of.watch.calls.find.at(-1) ?? [];
    if (filter?.states?.includes("dead") !== true) return;
    of.watch.before = {};
    isShut = false;
    const dead = (await jobsOf(of, handle.id, "count/chunk")).filter(({ state }) => state === "dead");
    await of.store.retry(dead.map(({ id }) => id));
  };
  of.mr.worker();
  const run = await ended(of, handle);
  expect(of.watch.before).toEqual({});
  expect(JSON.parse(run.error ?? "")).toMatchObject({ step: STEP, reason: "fail-fast" });
  expect(run.counters[STEP]).toEqual({ read: 10, sealed: 1, done: 4, failed: 6, "not-begun": 5 });
  expect(await statesOfJobs(of, handle.id, "count/chunk")).toEqual({ completed: 2 });
});

test.each([
  ["says what refused them", false, "writing was refused for what no item is to blame for: no such table"],
  [
    "says it without words where the chunk is gone",
    true,
    "writing was refused for what no item is to blame for",
  ],
])("a step whose writes are refused %s", async (_what, isGone, message) => {
  const { batch } = numbersBatch({
    retry: "none",
    write: () => {
      throw new MillraceError("bad-config", "no such table");
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 5 });
  of.watch.before.find = async () => {
    const [filter] = of.watch.calls.find.at(-1) ?? [];
    if (!isGone || filter?.states?.join() !== "dead") return;
    await of.store.delete((await jobsOf(of, handle.id, "count/chunk")).map(({ id }) => id));
  };
  of.mr.worker();
  const run = await ended(of, handle);
  expect(JSON.parse(run.error ?? "")).toMatchObject({ step: STEP, reason: "write-refused", message });
});

test("nothing is read while memory is full, and no attempt is burnt by that", async () => {
  let reads = 0;
  const { batch, written } = numbersBatch({
    read: (context) => {
      reads += 1;
      return numbers(context);
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 10 });
  const full = program(of, [batch], 1).worker();
  await of.time.advance(10_000);
  const [step] = await jobsOf(of, handle.id, "count/step");
  expect(step).toMatchObject({ state: "scheduled", attempts: 0 });
  expect(step?.snoozes).toBeGreaterThanOrEqual(5);
  expect(reads).toBe(0);
  await full.stop();
  of.mr.worker();
  expect((await ended(of, handle)).state).toBe("completed");
  expect(written).toHaveLength(10);
});

test.each(["count/step", "count/chunk"])("a %s job that no run has made is dead at once", async (name) => {
  const { batch } = numbersBatch();
  const of = scene([batch]);
  await of.mr.open();
  const payload = { step: STEP, items: [1] };
  await of.store.enqueue([
    {
      ...{ id: newId(), name, queue: "counting", tenant: "", priority: "default", delayMs: 0, maxRescues: 3 },
      envelope: sealEnvelope({ payload }),
    },
  ]);
  of.mr.worker();
  await of.time.advance(10_000);
  const [job] = (await of.store.find({ name }, { limit: 1 })).rows;
  expect(job).toMatchObject({ state: "dead", attempts: 1 });
  expect(decodeAttempts(job?.records ?? "").at(-1)?.error).toMatchObject({
    class: "validation",
    reason: "no-run",
    message: `job ${job?.id} is named "${name}" but belongs to no run; such jobs come of starting a run only`,
  });
});

test("the jobs of a critical batch are all critical", async () => {
  const { batch } = numbersBatch({}, { priority: "critical" });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 10 });
  of.mr.worker();
  await ended(of, handle);
  const { rows } = await of.store.find({ run: handle.id }, { limit: 10 });
  expect(rows.map(({ name, priority }) => `${name} ${priority}`).toSorted()).toEqual([
    "count/chunk critical",
    "count/chunk critical",
    "count/run critical",
    "count/step critical",
  ]);
});
