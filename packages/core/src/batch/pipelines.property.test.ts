import fc from "fast-check";
import { expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import type { RunState } from "../model/run.ts";
import type { StepState } from "../model/step.ts";
import { sleep } from "../runtime/timers.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";
import { ended } from "./numbers.fixture.ts";
import { definePipeline, type NoParams } from "./pipeline/define-pipeline.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import { statesOf } from "./pipeline.fixture.ts";
import type { RunHandle } from "./run/run-handle.ts";

/** Fails until the run has been restarted so often: 0 never does, 2 fails in its first and second life. */
const mends = fc.constantFrom(0, 0, 0, 1, 2);
const step = fc.oneof(
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
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
/** What is done to the run, so many ms after its life began. */
const disturbance = fc.record({
  what: fc.constantFrom("cancel" as const, "pause" as const, "drain" as const),
  atMs: fc.integer({ min: 1, max: 400 }),
});
type Disturbance = typeof disturbance extends fc.Arbitrary<infer D> ? D : never;

const WORK_MS = 10;
const MOST_LIVES = 12;

/** The pipeline of these steps; effects are told by `made`. */
class Subject {
  readonly made: string[] = [];
  life = 1;
  readonly #steps: readonly Step[];
  readonly #time: () => Scene<readonly []>["time"];

  constructor(steps: readonly Step[], time: () => Scene<readonly []>["time"]) {
    this.#steps = steps;
    this.#time = time;
  }

  pipeline(): Pipeline<NoParams, unknown> {
    let pipeline: Pipeline<NoParams, unknown> = definePipeline({ name: "random" });
    for (const [at, its] of this.#steps.entries()) pipeline = this.#with(pipeline, `s${at}`, its);
    return pipeline;
  }

  #with(pipeline: Pipeline<NoParams, unknown>, name: string, its: Step): Pipeline<NoParams, unknown> {
    switch (its.kind) {
      case "task":
        return pipeline.step(name, () => this.#work(name, its.mends));
      case "parts":
        return pipeline.partition(name, {
          partitions: () => Object.fromEntries(its.parts.map((mended, n) => [`p${n}`, mended])),
          step: ({ ctx }) => this.#work(`${name}/${ctx.partition.name}`, ctx.partition.context),
        });
      case "items":
        return pipeline.step(name, {
          ...its,
          read: ({ cursor }) => its.items.map((_, n) => n).slice(Number(cursor ?? -1) + 1),
          cursor: String,
          key: (n) => String(n).padStart(3, "0"),
          process: async (n) => {
            await this.#work(undefined, its.items[n] ?? 0);
            return n;
          },
          write: (numbers) => void this.made.push(...numbers.map((n) => `${name}:${n}`)),
        });
    }
  }

  async #work(effect: string | undefined, mended: number): Promise<void> {
    await sleep(this.#time(), WORK_MS);
    if (this.life <= mended) throw new ClassedError("validation", "not-yet", `fails in life ${this.life}`);
    if (effect !== undefined) this.made.push(effect);
  }
}

/** What a program without an engine would come to: the steps one after the other, life by life. */
class Reference {
  readonly #steps: readonly Step[];
  readonly states: (StepState | undefined)[];
  /** Of steps with parts or items: those that have not ended well. */
  readonly #left: Set<number>[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.states = steps.map(() => undefined);
    this.#left = steps.map((its) => new Set([...unitsOf(its).keys()]));
  }

  /** The state in which a run ends that nobody disturbs. */
  live(life: number, before: RunState | undefined): RunState {
    for (const [at, its] of this.#steps.entries()) {
      const was = this.states[at];
      if (was === "completed" || (was === "partial" && before === "failed")) continue;
      const left = this.#left[at] ?? new Set();
      for (const unit of left) if (life > (unitsOf(its)[unit] ?? 0)) left.delete(unit);
      this.states[at] = left.size === 0 ? "completed" : its.kind === "items" ? "partial" : "failed";
      if (this.states[at] === "failed") return "failed";
    }
    return this.states.includes("partial") ? "partial" : "completed";
  }
}

function unitsOf(its: Step): readonly number[] {
  if (its.kind === "task") return [its.mends];
  return its.kind === "parts" ? its.parts : its.items;
}

/** Everything the steps make, each once. */
function effectsOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((its, at) => {
    if (its.kind === "task") return [`s${at}`];
    const sign = its.kind === "parts" ? "/p" : ":";
    return unitsOf(its).map((_, n) => `s${at}${sign}${n}`);
  });
}

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
    const stopped = worker.stop();
    await of.time.advance(20_000);
    await stopped;
    worker = of.mr.worker();
  }
  const { state } = await ended(of, handle);
  const stopped = worker.stop();
  await of.time.advance(20_000);
  await stopped;
  return state;
}

test("pipelines come to what a plain loop comes to, life by life, whatever fails, pauses, drains and is cancelled", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 4 }),
      fc.array(disturbance, { minLength: MOST_LIVES, maxLength: MOST_LIVES }),
      async (steps, disturbances) => {
        const subject = new Subject(steps, () => of.time);
        const pipeline = subject.pipeline();
        const of: Scene<readonly []> = scene([pipeline]) as unknown as Scene<readonly []>; // nobody names its jobs
        const reference = new Reference(steps);
        const handle = await of.mr.start(pipeline, {});
        let isDisturbed = false;
        let state: RunState | undefined;
        for (const each of disturbances) {
          const expected = reference.live(subject.life, state);
          state = await live(of, handle, each);
          isDisturbed ||= state === "cancelled";
          if (!isDisturbed) {
            expect(state).toBe(expected);
            expect(Object.values(namesOf(await statesOf(handle)))).toEqual(
              reference.states.filter((its) => its !== undefined),
            );
          }
          if (state === "completed") break;
          subject.life += 1;
          await handle.restart({ reason: "mended" });
        }
        expect(state).toBe("completed");
        const { counters } = await handle.row();
        for (const [at, its] of steps.entries()) {
          if (its.kind !== "items") continue;
          const { read = 0, done = 0, failed = 0 } = counters[`s${at}`] ?? {};
          expect([read, done, failed]).toEqual([its.items.length, its.items.length, 0]);
        }
        // What was cancelled between a writer and the ledger of a store without transactions is written again.
        const made = isDisturbed ? [...new Set(subject.made)] : subject.made;
        expect(made.toSorted()).toEqual(effectsOf(steps).toSorted());
        const closing = of.mr.close();
        await of.time.advance(60_000);
        await closing;
      },
    ),
    { numRuns: 40, endOnFailure: true }, // a run takes too long for a counterexample to be made smaller
  );
}, 600_000);

/** Steps alone, by name, without their partitions. */
function namesOf(states: Readonly<Record<string, StepState>>): Readonly<Record<string, StepState>> {
  return Object.fromEntries(Object.entries(states).filter(([name]) => !name.includes("/")));
}
