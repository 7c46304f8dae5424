/** A run meets a failure at every store call there is, and leaves what an undisturbed one leaves. */
import { ClassedError, isFinishedRun, type LedgerLevel } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestHome } from "../test-store.ts";
import type { BatchScene, Process } from "./batch-scene.ts";
import type { Fault } from "./calls.ts";
import { fateOf, numbersBatch, numbersPipeline, outcomeOf, type Range } from "./numbers.ts";
import { onScene } from "./rule.ts";

/** How thoroughly: every how manieth store call is made to fail. */
export interface FailpointOptions {
  /** Of a run that comes to its end. */
  readonly stride: number;
  /** Of a run whose `finish` fails for good. */
  readonly doomedStride: number;
  /** Of a run whose ledger keeps failures only, or nothing. */
  readonly sparseStride: number;
  /** Of a run with steps of every kind. */
  readonly pipelineStride: number;
}

/** What `finish` does. */
type Finish = () => Promise<Record<string, number>>;

interface Course {
  readonly finish: Finish;
  readonly ledger: LedgerLevel;
  /** `numbersBatch` where left out. */
  readonly make?: typeof numbersPipeline;
}

const COURSES = {
  finished: { finish: async () => ({ swept: 1 }), ledger: "all" },
  failed: {
    finish: async () => {
      throw new ClassedError("permission", "locked", "may not sweep");
    },
    ledger: "all",
  },
  "counted, with rows of failures": { finish: async () => ({ swept: 1 }), ledger: "failures" },
  "led through steps of every kind": {
    finish: async () => ({ swept: 1 }),
    ledger: "all",
    make: numbersPipeline,
  },
  "counted, without rows": { finish: async () => ({ swept: 1 }), ledger: "none" },
} as const satisfies Record<string, Course>;

const PARAMS: Range = { upTo: 9 };

/** Every failpoint, before and after the call takes effect, with the process going on or dying. */
export function failpointRules(
  home: TestHome,
  { stride, doomedStride, sparseStride, pipelineStride }: FailpointOptions,
): void {
  describe("a failure at any store call", () => {
    sweep(home, "finished", stride);
    sweep(home, "failed", doomedStride);
    sweep(home, "counted, with rows of failures", sparseStride);
    sweep(home, "counted, without rows", sparseStride);
    sweep(home, "led through steps of every kind", pipelineStride);
  });
}

function sweep(home: TestHome, name: keyof typeof COURSES, stride: number): void {
  describe(`of a run to be ${name}`, () => {
    const course = COURSES[name];
    let undisturbed: { readonly outcome: unknown; readonly calls: number };
    beforeAll(async () => {
      undisturbed = await onScene(home, (scene) => undergo(scene, course));
    });
    for (const what of ["error", "death"] as const) {
      for (const when of ["before", "after"] as const) {
        it(`${when} its effect, as ${what}, changes nothing of what a run leaves`, async () => {
          expect(undisturbed.calls).toBeGreaterThan(20);
          // Who dies after a call dies before the next: every second one, before and after, is every place to die at.
          const step = what === "death" ? 2 * stride : stride;
          for (let at = 1; at <= undisturbed.calls; at += step) {
            const { outcome } = await onScene(home, (scene) => undergo(scene, course, { at, when, what }));
            expect(outcome, `${what} ${when} call ${at}`).toEqual(undisturbed.outcome);
          }
        });
      }
    }
    afterAll(() => {
      undisturbed = { outcome: undefined, calls: 0 };
    });
  });
}

/** One run from start to end, by as many processes as it takes. */
async function undergo(scene: BatchScene, { finish, ledger, make = numbersBatch }: Course, fault?: Fault) {
  const flaky = new Set([3, 9]);
  const start = (its?: Fault) =>
    scene.process(
      (store) =>
        make(store, {
          finish,
          step: {
            itemsAtOnce: 2,
            ledger,
            process: async (number) => {
              if (flaky.delete(number)) throw new Error(`${number} fails the first time`);
              return fateOf(number);
            },
          },
        }),
      its,
    );
  let process = start(fault);
  let id = await startedOrDead(scene, process);
  await scene.until(async () => process.calls.isDead || (id !== undefined && (await isOver(scene, id))));
  const { made } = process.calls;
  if (process.calls.isDead) {
    await scene.bury(process);
    process = start();
    // A run that has ended partial stands in nobody's way: starting again would open another.
    if (id === undefined || !isFinishedRun((await scene.run(id)).state)) {
      id = await startedOrDead(scene, process);
    }
  }
  if (id === undefined) throw new Error("the run cannot be started");
  await scene.ended(id);
  return { outcome: await outcomeOf(scene, id), calls: made };
}

async function startedOrDead(scene: BatchScene, process: Process<Range>) {
  try {
    return (await scene.start(process, PARAMS)).id;
  } catch (error) {
    if (process.calls.isDead) return undefined;
    throw error;
  }
}

async function isOver(scene: BatchScene, id: Parameters<BatchScene["run"]>[0]): Promise<boolean> {
  const { rows } = await scene.store.find({ run: id }, { limit: 1_000 });
  return rows.every((row) => row.state === "completed" || row.state === "dead");
}
