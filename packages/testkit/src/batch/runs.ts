/** Rules of runs: how they read, sleep, wake and end. */
import { ClassedError } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import type { BatchScene } from "./batch-scene.ts";
import { fateOf, type NumbersOptions, numbers, numbersBatch, outcomeOf, STEP } from "./numbers.ts";
import { type BatchRule, batchRulesOn } from "./rule.ts";

/** How runs go and end. */
export function runRules(home: TestHome): void {
  describe("runs", () => {
    const rule = batchRulesOn(home);
    endRules(rule);
    windowRules(rule);
    againRules(rule);
  });
}

async function through(scene: BatchScene, upTo: number, options: NumbersOptions = {}) {
  const process = scene.process((store) => numbersBatch(store, options));
  const { id } = await scene.start(process, { upTo });
  return scene.ended(id);
}

function endRules(rule: BatchRule): void {
  rule("of parameters however long are of one instance, found again by all of them", async (scene) => {
    const long = (seed: number) =>
      Array.from({ length: 20_000 }, (_, at) =>
        String.fromCharCode(33 + ((at * at * 7 + at * seed) % 90)),
      ).join("");
    const process = scene.process((store) => numbersBatch(store));
    const { id } = await scene.start(process, { upTo: 3, name: long(1) });
    expect(await scene.ended(id)).toMatchObject({ state: "completed" });
    expect(await scene.start(process, { upTo: 3, name: long(1) })).toMatchObject({ id, result: "finished" });
    const other = await scene.start(process, { upTo: 3, name: long(2) });
    expect(other.result).toBe("started");
    expect(await scene.ended(other.id)).toMatchObject({ state: "completed" });
  });

  rule("with every item done or filtered complete, and keep what finish gave", async (scene) => {
    const run = await through(scene, 6);
    expect(run).toMatchObject({ state: "completed", result: '{"seen":3}' });
    expect(run.error).toBeUndefined();
    expect(run.finishedAtMs).toBeTypeOf("number");
  });

  rule("with a failed item are partial", async (scene) => {
    expect(await through(scene, 7)).toMatchObject({ state: "partial", result: '{"seen":3}' });
  });

  rule("whose finish fails for good have failed, with the reason, and keep their ledger", async (scene) => {
    const finish = async () => {
      throw new ClassedError("permission", "locked", "may not\0sweep");
    };
    const run = await through(scene, 3, { finish });
    expect(run.state).toBe("failed");
    expect(JSON.parse(run.error ?? "")).toEqual({
      ...{ class: "permission", reason: "locked", message: "may not\0sweep" },
      step: "finish",
    });
    expect(run.counters[STEP]).toMatchObject({ done: 3 });
  });

  rule("whose reader fails for good have failed", async (scene) => {
    const run = await through(scene, 30, {
      step: {
        read: async function* (context) {
          for await (const number of numbers(context)) {
            if (number === 20) throw new Error("the listing broke off");
            yield number;
          }
        },
      },
    });
    expect(run.state).toBe("failed");
    expect(run.counters[STEP]).toMatchObject({ read: 16 });
    expect(run.counters[STEP]?.["sealed"]).toBeUndefined();
  });

  rule("of nothing complete", async (scene) => {
    expect(await through(scene, 0)).toMatchObject({
      state: "completed",
      counters: { [STEP]: { sealed: 1 } },
    });
  });
}

function windowRules(rule: BatchRule): void {
  rule("read a window ahead and no further, and spawn each item in one chunk", async (scene) => {
    let ahead = 0;
    let most = 0;
    const run = await through(scene, 60, {
      step: {
        read: async function* (context) {
          for await (const number of numbers(context)) {
            ahead += 1;
            most = Math.max(most, ahead);
            yield number;
          }
        },
        process: async (number) => {
          ahead -= 1;
          return fateOf(number);
        },
        concurrency: 2,
        chunkSize: 4,
      },
    });
    expect(most).toBeGreaterThanOrEqual(16);
    expect(most).toBeLessThanOrEqual(24);
    const { spawned } = (await outcomeOf(scene, run.id)) as { spawned: readonly number[] };
    expect(spawned).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    const [coordinator] = await scene.jobs("count/run");
    expect(coordinator).toMatchObject({ state: "completed", attempts: 1, rescues: 0 });
  });

  rule("spawn heavy items first, and one too heavy for a chunk alone", async (scene) => {
    const batches: number[][] = [];
    await through(scene, 8, {
      step: {
        weight: (number) => number,
        chunkWeight: 7,
        prepare: async (items) => void batches.push([...items]),
      },
    });
    expect(batches.toSorted((a, b) => (b[0] ?? 0) - (a[0] ?? 0))).toEqual([
      [8],
      [7],
      [6],
      [5],
      [4, 3],
      [2, 1],
    ]);
  });
}

function againRules(rule: BatchRule): void {
  rule("that completed stay the last word, unless the definition says to run again", async (scene) => {
    for (const rerun of [false, true]) {
      const options = { definition: { rerun, name: `again-${rerun}` } };
      const process = scene.process((store) => numbersBatch(store, options));
      const first = await scene.start(process, { upTo: 3 });
      await scene.ended(first.id);
      const second = await scene.start(process, { upTo: 3 });
      expect(second.result).toBe(rerun ? "started" : "finished");
      expect(second.id === first.id).toBe(!rerun);
      const run = await scene.ended(second.id);
      expect(run.counters[STEP]).toMatchObject({ done: 3, read: 3, sealed: 1 });
    }
  });

  rule("that are asked for twice are one", async (scene) => {
    const process = scene.process((store) => numbersBatch(store));
    const [first, second] = await Promise.all([
      scene.start(process, { upTo: 3 }),
      scene.start(process, { upTo: 3 }),
    ]);
    expect(second.id).toBe(first.id);
    expect([first.result, second.result].toSorted()).toEqual(["resumed", "started"]);
  });
}
