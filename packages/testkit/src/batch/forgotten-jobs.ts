/** Rules of runs that outlive their jobs: retention forgets these after a day, and runs much later or never. */
import { Filtered, type RunId, TERMINAL_STATES, type TerminalState } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import type { BatchScene } from "./batch-scene.ts";
import { effects, fateOf, type NumbersOptions, numbersBatch, STEP, sums } from "./numbers.ts";
import { type BatchRule, batchRulesOn } from "./rule.ts";

const DAY_MS = 86_400_000;
const HARMLESS: readonly TerminalState[] = ["completed", "cancelled", "expired"];

/** A restart finds in the run's own rows what it needs, whatever jobs are gone. */
export function forgottenJobRules(home: TestHome): void {
  describe("runs whose jobs are forgotten", () => {
    const rule = batchRulesOn(home);
    restartRules(rule);
    leftRules(rule);
  });
}

/** A day passes, and finished jobs of these states are forgotten as a worker's clean-up would. */
async function forget(scene: BatchScene, states: readonly TerminalState[] = HARMLESS): Promise<void> {
  await scene.advanceStore(DAY_MS);
  const removal = { olderThanMs: DAY_MS, states, limit: 1_000, background: true };
  expect(await scene.store.cleanUp(removal)).toMatchObject({ more: false });
}

async function namesOf(scene: BatchScene, run: RunId): Promise<readonly string[]> {
  const { rows } = await scene.store.find({ run }, { limit: 1_000 });
  return [...new Set(rows.map(({ name, state }) => `${name} ${state}`))].toSorted();
}

/** Every number once: those that failed, and those that were never read. */
async function expectWhole(scene: BatchScene, id: RunId, upTo: number): Promise<void> {
  const run = await scene.ended(id);
  expect(run).toMatchObject({ state: "completed", restarts: 1 });
  const counters = run.counters[STEP] ?? {};
  expect(counters).toMatchObject({ read: upTo, sealed: 1 });
  expect(counters).toMatchObject(await sums(scene.store, run));
  const { done = 0, filtered = 0 } = counters;
  expect(done + filtered).toBe(upTo);
  const all = Array.from({ length: upTo }, (_, index) => index + 1);
  expect(await effects(scene.store)).toEqual(all.filter((number) => number % 5 !== 0));
}

/** No number is refused. */
const LENIENT: NonNullable<NumbersOptions["step"]> = {
  process: async (number) => (number % 5 === 0 ? new Filtered("fivefold") : number),
};

function restartRules(rule: BatchRule): void {
  rule("a failed run goes on where it stood, from its steps and ledger alone", async (scene) => {
    const failing = scene.process((store) => numbersBatch(store, { step: { onFailure: "failFast" } }));
    const { id } = await scene.start(failing, { upTo: 40 });
    expect(await scene.ended(id)).toMatchObject({ state: "failed" });
    await failing.worker.stop();
    await forget(scene);
    expect(await namesOf(scene, id)).toEqual(["count/step dead"]);
    await forget(scene, TERMINAL_STATES);
    expect(await namesOf(scene, id)).toEqual([]);
    const mended = scene.process((store) => numbersBatch(store, { step: LENIENT }));
    await mended.mr.run(id).restart();
    await expectWhole(scene, id, 40);
  });

  rule("a partial run has its failed items run again", async (scene) => {
    const first = scene.process((store) => numbersBatch(store));
    const { id } = await scene.start(first, { upTo: 20 });
    expect(await scene.ended(id)).toMatchObject({ state: "partial" });
    await first.worker.stop();
    await forget(scene);
    expect(await namesOf(scene, id)).toEqual([]);
    const mended = scene.process((store) => numbersBatch(store, { step: LENIENT }));
    await mended.mr.run(id).restart({ only: "failed" });
    await expectWhole(scene, id, 20);
  });

  rule("a cancelled run loses no item of the chunks that were waiting or under way", async (scene) => {
    let isReached = false;
    const stuck = scene.process((store) =>
      numbersBatch(store, {
        step: {
          process: async (number, { signal }) => {
            if (number < 6) return fateOf(number);
            isReached = true;
            return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
          },
        },
      }),
    );
    const { id } = await scene.start(stuck, { upTo: 20 });
    await scene.until(async () => isReached);
    await stuck.mr.run(id).cancel("wrong day");
    expect(await scene.ended(id)).toMatchObject({ state: "cancelled" });
    await stuck.worker.stop();
    await forget(scene);
    const mended = scene.process((store) => numbersBatch(store, { step: LENIENT }));
    await mended.mr.run(id).restart();
    await expectWhole(scene, id, 20);
  });
}

function leftRules(rule: BatchRule): void {
  rule("an ended run shows what it came to, and its instance stays the last word", async (scene) => {
    const process = scene.process((store) => numbersBatch(store, { step: LENIENT }));
    const { id } = await scene.start(process, { upTo: 10 });
    const before = await scene.ended(id);
    await forget(scene, TERMINAL_STATES);
    expect(await namesOf(scene, id)).toEqual([]);
    expect(await scene.run(id)).toEqual(before);
    expect(await process.mr.start(process.batch, { upTo: 10 })).toMatchObject({ id, result: "finished" });
  });
}
