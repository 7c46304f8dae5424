import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunState } from "../model/run.ts";
import type { StepState } from "../model/step.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";
import { ended, passing } from "./numbers.fixture.ts";
import { statesOf } from "./pipeline.fixture.ts";
import { effectsOf, PipelineReference } from "./pipeline-reference.fixture.ts";
import { RandomPipeline, type RandomStep } from "./random-pipeline.fixture.ts";
import type { RunHandle } from "./run/run-handle.ts";

/** Fails until the run has been restarted so often: 0 never does, 2 fails in its first and second life. */
const mends = fc.constantFrom(0, 0, 0, 1, 2);
const randomStep: fc.Arbitrary<RandomStep> = fc.oneof(
  fc.record({ kind: fc.constant("task" as const), mends }),
  fc.record({ kind: fc.constant("parts" as const), parts: fc.array(mends, { minLength: 1, maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("items" as const),
    items: fc.array(mends, { maxLength: 25 }),
    chunkSize: fc.integer({ min: 1, max: 7 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    ledger: fc.constantFrom("all" as const, "failures" as const),
  }),
);
/** What is done to the run, so many ms after its life began. */
const disturbance = fc.record({
  what: fc.constantFrom("cancel" as const, "pause" as const, "drain" as const),
  atMs: fc.integer({ min: 1, max: 400 }),
});
type Disturbance = typeof disturbance extends fc.Arbitrary<infer D> ? D : never;

const MOST_LIVES = 12;

/** One life of the run, with what is done to it; gives how it ended. */
async function live(
  of: Scene<readonly []>,
  handle: RunHandle,
  { what, atMs }: Disturbance,
): Promise<RunState> {
  let worker = of.mr.worker();
  await of.time.advance(atMs);
  const isOver = ["completed", "partial", "failed"].includes((await handle.row()).state);
  if (what === "cancel" && !isOver) await handle.cancel("enough");
  if (what === "pause" && !isOver) {
    await handle.pause();
    await of.time.advance(30_000);
    await handle.resume();
  }
  if (what === "drain") {
    await passing(of, worker.stop());
    worker = of.mr.worker();
  }
  const { state } = await ended(of, handle);
  await passing(of, worker.stop());
  return state;
}

/** A run of the steps, lived until it completes. */
async function check(steps: readonly RandomStep[], disturbances: readonly Disturbance[]): Promise<void> {
  const subject = new RandomPipeline(steps, () => of.time);
  const pipeline = subject.pipeline();
  const of: Scene<readonly []> = scene([pipeline]) as unknown as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(pipeline, {});
  const states = await livesOf({ of, handle, subject, steps }, disturbances);
  expect(states.at(-1)).toBe("completed");
  await checkCounters(handle, steps);
  // What was cancelled between a writer and the ledger of a store without transactions is written again.
  const made = states.includes("cancelled") ? [...new Set(subject.made)] : subject.made;
  expect(made.toSorted()).toEqual(effectsOf(steps).toSorted());
  await passing(of, of.mr.close());
}

interface Lived {
  readonly of: Scene<readonly []>;
  readonly handle: RunHandle;
  readonly subject: RandomPipeline;
  readonly steps: readonly RandomStep[];
}

/** How each life ended; until one was cancelled, each as the reference says. */
async function livesOf(
  { of, handle, subject, steps }: Lived,
  disturbances: readonly Disturbance[],
): Promise<readonly RunState[]> {
  const reference = new PipelineReference(steps);
  const states: RunState[] = [];
  for (const each of disturbances) {
    const expected = reference.live(subject.life, states.at(-1));
    states.push(await live(of, handle, each));
    if (!states.includes("cancelled")) {
      expect(states.at(-1)).toBe(expected);
      expect(wholeSteps(await statesOf(handle))).toEqual(reference.begun);
    }
    if (states.at(-1) === "completed") break;
    subject.life += 1;
    await handle.restart({ reason: "mended" });
  }
  return states;
}

async function checkCounters(handle: RunHandle, steps: readonly RandomStep[]): Promise<void> {
  const { counters } = await handle.row();
  for (const [at, its] of steps.entries()) {
    if (its.kind !== "items") continue;
    const { read = 0, done = 0, failed = 0 } = counters[`s${at}`] ?? {};
    expect([read, done, failed]).toEqual([its.items.length, its.items.length, 0]);
  }
}

/** States of steps by themselves, without their partitions. */
function wholeSteps(states: Readonly<Record<string, StepState>>): readonly StepState[] {
  return Object.entries(states).flatMap(([name, state]) => (name.includes("/") ? [] : [state]));
}

test("pipelines come to what a plain loop comes to, life by life, whatever fails, pauses, drains and is cancelled", async () => {
  const steps = fc.array(randomStep, { minLength: 1, maxLength: 4 });
  const disturbances = fc.array(disturbance, { minLength: MOST_LIVES, maxLength: MOST_LIVES });
  // A run takes too long for a counterexample to be made smaller.
  await fc.assert(fc.asyncProperty(steps, disturbances, check), { numRuns: 150, endOnFailure: true });
}, 600_000);
