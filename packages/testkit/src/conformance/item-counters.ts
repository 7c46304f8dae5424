/** Rules of the counters of items. */
import type { StepRef } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, newJobs, newStep, writeOf } from "./builders.ts";
import { rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_TEXTS } from "./texts.ts";

/** That counters equal the ledger. */
export function itemCounterRules(home: TestHome): void {
  describe("items: counters", () => {
    const rule = rulesOn(home);
    rule("states and tallies sum to the ledger, plain counts come on top", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const items = [
        item("a", "done", { tally: { pages: 2, done: 10 } }),
        item("b", "done", { tally: { pages: 3, bytes: 6_000_000_000 } }),
        item("c", "skipped", { tally: { pages: 0 } }),
        item("d", "filtered", { tally: {} }),
        item("e", "failed", { tally: { pages: -1 } }),
      ];
      await scene.save(held, { step, items, counters: { read: 5, failed: 1 } });
      const expected = {
        done: 12,
        skipped: 1,
        filtered: 1,
        failed: 2,
        pages: 4,
        bytes: 6_000_000_000,
        read: 5,
      };
      expect(await scene.stepCounts(step)).toEqual(expected);
    });

    rule("plain counts need no items, and add up", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      await scene.save(held, { write: 1, step, counters: { read: 100 } });
      await scene.save(held, { write: 2, step, counters: { read: 50, spawned: 1 } });
      await scene.settle(held, COMPLETED, { step, counters: { read: -1 } });
      expect(await scene.stepCounts(step)).toEqual({ read: 149, spawned: 1 });
      expect(await scene.items(step)).toEqual([]);
    });

    rule("names are any text", async (scene) => {
      const held = await scene.hold();
      const step = newStep("__proto__");
      const counts = Object.fromEntries(ODD_TEXTS.map((text, index) => [text, index + 1]));
      await scene.save(held, { step, counters: counts, items: [item("a", "done", { tally: counts })] });
      const expected = ODD_TEXTS.map((text, index) => [text, 2 * (index + 1)]);
      expect(Object.entries(await scene.stepCounts(step)).toSorted()).toEqual(
        [...expected, ["done", 1]].toSorted(),
      );
      const tally = (await scene.items(step))[0]?.tally ?? {};
      expect(Object.entries(tally).toSorted()).toEqual(Object.entries(counts).toSorted());
    });

    rule("they equal the ledger after many outcomes of the same items", async (scene) => {
      await scene.store.enqueue(newJobs(20));
      const held = await scene.claim();
      const step = newStep();
      const states = ["done", "failed", "skipped", "filtered"] as const;
      for (const round of [0, 1, 2]) {
        const writes = held.map((job, index) => {
          const items = Array.from({ length: 10 }, (_, at) =>
            item(`key ${(index * 7 + at * (round + 1)) % 60}`, states[(index + at + round) % 4], {
              tally: { pages: (index * at + round) % 5 },
            }),
          );
          return writeOf(job, { write: round + 1, step, items });
        });
        await scene.store.save(writes);
        expect(await scene.stepCounts(step)).toEqual(await sums(scene, step));
        await scene.store.fold({ limit: 2 });
        expect(await scene.stepCounts(step)).toEqual(await sums(scene, step));
      }
    });

    rule("they equal the ledger after overlapping writes of the same items", async (scene) => {
      await scene.store.enqueue(newJobs(16));
      const held = await scene.claim();
      const step = newStep();
      const keys = ["a", "b", "c", "d", "e"];
      const states = ["done", "failed"] as const;
      await Promise.all(
        held.map((job, index) => {
          const order = index % 2 === 0 ? keys : keys.toReversed();
          const items = order.map((key) => item(key, states[index % 2], { tally: { pages: index } }));
          return scene.settle(job, COMPLETED, { step, items });
        }),
      );
      expect(await scene.items(step)).toHaveLength(5);
      expect(await scene.stepCounts(step)).toEqual(await sums(scene, step));
    });
  });
}

/** What the counters must be by the ledger, without zeros. */
async function sums(scene: Scene, step: StepRef): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  const add = (name: string, by: number) => counts.set(name, (counts.get(name) ?? 0) + by);
  for (const row of await scene.items(step)) {
    add(row.state, 1);
    for (const [name, by] of Object.entries(row.tally ?? {})) add(name, by);
  }
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0));
}
