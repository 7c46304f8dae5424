/** Rules of chunks that died and that an operator has run again: no item is left out, and none takes effect twice. */
import { ClassedError, type JobId, type LedgerLevel, type RunRow, type Store } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import type { BatchScene } from "./batch-scene.ts";
import { effects, numbersBatch, STEP } from "./numbers.ts";
import { type BatchRule, batchRulesOn } from "./rule.ts";

const LEVELS: readonly LedgerLevel[] = ["all", "failures", "none"];
const ALL = [1, 2, 3, 4, 5, 6, 7, 8];

/** What replays of dead chunks leave of a run, by when they come. */
export function replayedChunkRules(home: TestHome): void {
  describe("a dead chunk that is run again", () => {
    const rule = batchRulesOn(home);
    for (const level of LEVELS) describe(`at ledger level ${level}`, () => levelRules(rule, level));
  });
}

function levelRules(rule: BatchRule, level: LedgerLevel): void {
  rule("before its step has seen that it died ends its items, each once", async (scene) => {
    const play = doomed(scene, level);
    const { id } = await play.start();
    const chunk = await play.dead();
    play.mend();
    await scene.store.retry([chunk]);
    await scene.until(async () => (await stateOf(scene, chunk)) === "completed");
    play.goOn();
    const run = await scene.ended(id);
    expect(run).toMatchObject({ state: "completed" });
    await expectWhole(scene, run);
  });

  rule("and dies again leaves what it had not settled as failed, for a restart", async (scene) => {
    const play = doomed(scene, level);
    const { id, restart } = await play.start();
    const chunk = await play.dead();
    await scene.store.retry([chunk]);
    await scene.until(async () => (await stateOf(scene, chunk)) === "dead");
    play.goOn();
    expect(await scene.ended(id)).toMatchObject({
      state: "partial",
      counters: { [STEP]: { done: 6, failed: 2, read: 8 } },
    });
    play.mend();
    await restart();
    await expectWhole(scene, await scene.ended(id));
  });

  rule("once its items are failed replaces their rows while the run goes on", async (scene) => {
    const play = doomed(scene, level, { holdsFinish: true });
    const { id } = await play.start();
    const chunk = await play.dead();
    play.goOn();
    await play.finishing();
    expect((await scene.run(id)).counters[STEP]).toMatchObject({ done: 6, failed: 2 });
    play.mend();
    await scene.store.retry([chunk]);
    await scene.until(async () => (await stateOf(scene, chunk)) === "completed");
    play.goOn();
    await expectWhole(scene, await scene.ended(id));
  });

  rule("when its run is over changes nothing, and a restart runs its items", async (scene) => {
    const play = doomed(scene, level);
    const { id, restart } = await play.start();
    const chunk = await play.dead();
    play.goOn();
    const before = await scene.ended(id);
    expect(before.state).toBe("partial");
    const rows = await failedRows(scene, before);
    expect(rows).toMatchObject([{ reason: "chunk-failed" }, { reason: "chunk-failed" }]);
    play.mend();
    await scene.store.retry([chunk]);
    await scene.until(async () => (await stateOf(scene, chunk)) === "completed");
    expect(await failedRows(scene, before)).toEqual(rows);
    expect((await scene.run(id)).counters).toEqual(before.counters);
    await restart();
    await expectWhole(scene, await scene.ended(id));
    await scene.store.retry([chunk]);
    await scene.until(async () => (await stateOf(scene, chunk)) === "completed");
    await expectWhole(scene, await scene.run(id));
  });

  rule("though it had completed does nothing", async (scene) => {
    const play = doomed(scene, level);
    play.mend();
    play.goOn();
    const { id } = await play.start();
    const run = await scene.ended(id);
    const chunks = await scene.jobs("count/chunk");
    await scene.store.retry(chunks.map((chunk) => chunk.id));
    await scene.ended(id);
    expect((await scene.run(id)).counters).toEqual(run.counters);
    await expectWhole(scene, run);
  });
}

/** A batch of two chunks: one dies at its third item until it is mended, the other waits at its first until it may go on. */
function doomed(scene: BatchScene, ledger: LedgerLevel, { holdsFinish = false } = {}) {
  let isMended = false;
  let isFinishing = false;
  const gates: (() => void)[] = [];
  let passes = 0;
  const hold = async () => {
    if (passes > 0) passes -= 1;
    else await new Promise<void>((resolve) => gates.push(resolve));
  };
  const make = (store: Store) =>
    numbersBatch(store, {
      finish: async () => {
        if (!holdsFinish) return {};
        isFinishing = true;
        await hold();
        return {};
      },
      step: {
        ledger,
        commit: { items: 1, weight: 1_000 },
        process: async (number) => {
          if (number === 5 && !isMended) await hold();
          return number;
        },
        outputWeight: (number) => {
          if (number === 3 && !isMended)
            throw new ClassedError("permission", "doomed", "3 takes its chunk down");
          return 1;
        },
      },
    });
  const process = scene.process(make);
  return {
    start: async () => {
      const handle = await scene.start(process, { upTo: 8 });
      return { id: handle.id, restart: () => handle.restart({ only: "failed" }) };
    },
    dead: async (): Promise<JobId> => {
      const find = async () =>
        (await scene.store.find({ name: "count/chunk", states: ["dead"] }, { limit: 1 })).rows[0];
      await scene.until(async () => (await find()) !== undefined && gates.length > 0);
      return (await find())?.id ?? expect.fail("no chunk died");
    },
    mend: () => {
      isMended = true;
    },
    goOn: () => {
      const [first, ...rest] = gates.splice(0);
      if (first === undefined) passes += 1;
      else first();
      gates.push(...rest);
    },
    finishing: () => scene.until(async () => isFinishing && gates.length > 0),
  };
}

async function stateOf(scene: BatchScene, id: JobId): Promise<string | undefined> {
  return (await scene.store.find({ ids: [id] }, { limit: 1 })).rows[0]?.state;
}

async function failedRows(scene: BatchScene, { id }: RunRow) {
  return (await scene.store.items({ run: id, step: STEP, states: ["failed"] }, { limit: 10 })).rows;
}

/** Every item is counted once as done, and has taken effect once. */
async function expectWhole(scene: BatchScene, { id }: RunRow): Promise<void> {
  const { counters } = await scene.run(id);
  expect(counters[STEP]).toEqual({ done: 8, sum: 36, read: 8, sealed: 1, weighed: 36 });
  expect(await failedRows(scene, await scene.run(id))).toEqual([]);
  expect(await effects(scene.store)).toEqual(ALL);
}
