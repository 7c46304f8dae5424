/** Rules of items: each ends once, in its own way, and no other is touched by it. */
import { ClassedError, defineBatch, type Store } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import type { BatchScene } from "./batch-scene.ts";
import { effects, fateOf, keyOf, type NumberStep, numbersBatch, type Range, STEP, sums } from "./numbers.ts";
import { type BatchRule, batchRulesOn } from "./rule.ts";

/** What becomes of items. */
export function itemRules(home: TestHome): void {
  describe("items", () => {
    const rule = batchRulesOn(home);
    ledgerRules(rule);
    retryRules(rule);
    refusalRules(rule);
    nameRules(rule);
  });
}

async function through(scene: BatchScene, upTo: number, step: Partial<NumberStep> = {}) {
  const process = scene.process((store) => numbersBatch(store, { step }));
  const { id } = await scene.start(process, { upTo });
  return scene.ended(id);
}

function ledgerRules(rule: BatchRule): void {
  rule(
    "end with one ledger row each: done, filtered or failed, with stage, class and reason",
    async (scene) => {
      const run = await through(scene, 15);
      const { rows } = await scene.store.items({ run: run.id, step: STEP }, { limit: 100 });
      expect(rows.map((row) => row.key)).toEqual(Array.from({ length: 15 }, (_, index) => keyOf(index + 1)));
      expect(rows[6]).toMatchObject({
        state: "failed",
        stage: "process",
        errorClass: "validation",
        reason: "sevenfold",
        message: "7 is refused",
      });
      expect(rows[4]).toMatchObject({ state: "filtered", reason: "fivefold", tally: { left: 5 } });
      expect(rows[0]).toMatchObject({ state: "done", tally: { sum: 1 } });
      expect(rows.filter((row) => row.state === "done")).toHaveLength(10);
    },
  );

  rule("add up to the counters, beside what the reader counts", async (scene) => {
    const run = await through(scene, 23);
    expect(run.counters[STEP]).toEqual({
      ...(await sums(scene.store, run)),
      read: 23,
      sealed: 1,
      weighed: (23 * 24) / 2,
    });
  });

  rule("that end done, and only they, are written, once", async (scene) => {
    await through(scene, 23);
    const done = Array.from({ length: 23 }, (_, index) => index + 1).filter(
      (n) => n % 7 !== 0 && n % 5 !== 0,
    );
    expect(await effects(scene.store)).toEqual(done);
  });
}

function retryRules(rule: BatchRule): void {
  rule(
    "that fail by a passing failure are tried again, while those committed are not redone",
    async (scene) => {
      const tries = new Map<number, number>();
      const run = await through(scene, 6, {
        process: async (number) => {
          const before = tries.get(number) ?? 0;
          tries.set(number, before + 1);
          if (number === 2 && before < 2) throw new ClassedError("connection", "reset", "hung up");
          if (number === 3) throw new ClassedError("connection", "reset", "hung up for good");
          return number;
        },
      });
      expect(Object.fromEntries(tries)).toEqual({ 1: 1, 2: 3, 3: 3, 4: 1, 5: 1, 6: 1 });
      expect(run).toMatchObject({ state: "partial", counters: { [STEP]: { done: 5, failed: 1 } } });
      expect(await effects(scene.store)).toEqual([1, 2, 4, 5, 6]);
    },
  );
}

function refusalRules(rule: BatchRule): void {
  rule("whose write the database refuses fail alone", async (scene) => {
    let own: Store | undefined;
    const process = scene.process((store) => {
      own = store;
      return numbersBatch(store, {
        step: {
          process: async (number) => fateOf(number),
          write: async (outputs, { transaction }) => {
            const jobs = outputs.map((number) => wild(number));
            await own?.enqueue(jobs, { transaction });
            // Where the database has taken what it cannot hold, as one in memory does.
            if (outputs.includes(3)) throw new Error("3 is refused");
          },
        },
      });
    });
    const { id } = await scene.start(process, { upTo: 4 });
    const run = await scene.ended(id);
    expect(run.counters[STEP]).toMatchObject({ done: 3, failed: 1 });
    const { rows } = await scene.store.items({ run: id, step: STEP, states: ["failed"] }, { limit: 10 });
    expect(rows).toMatchObject([{ key: keyOf(3), stage: "write", errorClass: "processing" }]);
    if (scene.store.capabilities.transactions !== undefined) {
      const written = (await scene.jobs("wild")).map((row) => Number(row.envelope.slice(1)));
      expect(written.toSorted()).toEqual([1, 2, 4]);
    }
  });
}

function nameRules(rule: BatchRule): void {
  rule("may have names as long as keys may be, in partitions of the longest names", async (scene) => {
    // As of random text: what can be packed would take less room in an index than it may.
    const long = (at: number, bytes: number) =>
      Array.from({ length: bytes }, (_, index) =>
        String.fromCharCode(33 + ((index * index * 31 + index * at * 17 + at) % 90)),
      ).join("");
    const step = "s".repeat(200);
    const partition = long(1, 200).replaceAll("/", "_");
    const process = scene.process(() =>
      defineBatch<Range>({ name: "named", queue: "counting" }).partition(step, {
        partitions: () => ({ [partition]: null }),
        step: { read: () => [1, 2, 3], key: (number) => long(number, 1_024), process: (number) => number },
      }),
    );
    const { id } = await scene.start(process, { upTo: 3 });
    expect(await scene.ended(id)).toMatchObject({ state: "completed" });
    const { rows } = await scene.store.items({ run: id, step: `${step}/${partition}` }, { limit: 10 });
    expect(rows.map(({ key }) => key).toSorted()).toEqual([1, 2, 3].map((at) => long(at, 1_024)).toSorted());
  });

  rule("that no store can name fail alone", async (scene) => {
    const keys: readonly string[] = ["a", "b\0b", "c".repeat(1_025), "\ud800", ""];
    const run = await through(scene, 5, { key: (number) => keys[number - 1] ?? "" });
    expect(run).toMatchObject({ state: "partial", counters: { [STEP]: { read: 5, done: 1, failed: 4 } } });
    const { rows } = await scene.store.items({ run: run.id, step: STEP, states: ["failed"] }, { limit: 10 });
    expect(rows.map(({ reason, stage }) => ({ reason, stage }))).toEqual(
      Array.from({ length: 4 }, () => ({ reason: "bad-key", stage: "read" })),
    );
  });

  rule("of a key that another has are passed over, and counted", async (scene) => {
    const run = await through(scene, 12, {
      key: (number) => keyOf(number > 4 ? number - 4 : number),
      process: (number) => number,
    });
    const { read, done, repeated } = run.counters[STEP] ?? {};
    expect({ state: run.state, read, done, repeated }).toEqual({
      state: "completed",
      read: 12,
      done: 8,
      repeated: 4,
    });
  });
}

/** A job whose due time lies past what a database can hold, for the number 3. */
function wild(number: number) {
  const id = `00000000-0000-7000-9000-${keyOf(number).padStart(12, "0")}`;
  return {
    id: id as never, // any id does
    queue: "wild",
    name: "wild",
    tenant: "",
    priority: "default",
    delayMs: number === 3 ? 1e300 : 0,
    maxRescues: 0,
    envelope: `0${number}`,
  } as const;
}
