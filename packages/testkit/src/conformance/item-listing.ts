/** Rules of how items are listed. */
import type { ItemFilter, ItemOutcome } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, newJobs, newStep, nextId, settlementOf } from "./builders.ts";
import { rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_TEXTS } from "./texts.ts";

/** In what order, in pages, and by what filters. */
export function itemListingRules(home: TestHome): void {
  describe("items: listing", () => {
    const rule = rulesOn(home);
    rule("by key, in the order of the bytes of their UTF-8", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const odd = [
        "\ufffd",
        "\u{10000}",
        "\ue000",
        "\u{10ffff}",
        "é",
        "e\u0301",
        "Z",
        "a",
        "A",
        "z",
        "aa",
        "",
        " ",
      ];
      const keys = [...new Set([...odd, ...ODD_TEXTS, "file-10", "file-9", "File-1"])];
      await scene.save(held, { step, items: keys.map((key) => item(key)) });
      const sorted = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect((await scene.items(step)).map((row) => row.key)).toEqual(sorted);
      for (const limit of [1, 3, 7]) expect(await paged(scene, step, limit)).toEqual(sorted);
    });

    rule("two thousand items in pages, each once", async (scene) => {
      await scene.store.enqueue(newJobs(20));
      const held = await scene.claim();
      const step = newStep();
      const keys = Array.from({ length: 2_000 }, (_, index) => `docs/${(index * 7919) % 2_000}/ünï 😀.pdf`);
      const writes = held.map((job, index) => {
        const items: ItemOutcome[] = keys
          .slice(index * 100, index * 100 + 100)
          .map((key, at) => item(key, at % 4 === 0 ? "failed" : "done", { tally: { pages: at } }));
        return settlementOf(job, COMPLETED, { step, items });
      });
      expect(await scene.store.settle(writes)).toEqual(held.map(() => "applied"));
      const sorted = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect(await paged(scene, step, 300)).toEqual(sorted);
      expect(await paged(scene, { ...step, states: ["failed"] }, 99)).toHaveLength(500);
      expect(await scene.stepCounts(step)).toEqual({ done: 1_500, failed: 500, pages: 20 * 4_950 });
    });

    rule("by states and by keys, all of which must match", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const items = [item("a"), item("b", "failed"), item("c", "skipped"), item("d", "failed")];
      await scene.save(held, { step, items });
      const keysOf = async (filter: Omit<ItemFilter, "run" | "step">) =>
        (await scene.items({ ...step, ...filter })).map((row) => row.key);
      expect(await keysOf({ states: ["failed", "skipped"] })).toEqual(["b", "c", "d"]);
      expect(await keysOf({ keys: ["d", "nothing", "a", "d"] })).toEqual(["a", "d"]);
      expect(await keysOf({ keys: ["a", "d"], states: ["failed"] })).toEqual(["d"]);
      expect(await keysOf({ states: [] })).toEqual([]);
      expect(await keysOf({ keys: [] })).toEqual([]);
      expect(await paged(scene, { ...step, keys: ["d", "a", "nothing", "b"] }, 1)).toEqual(["a", "b", "d"]);
    });

    rule("an unknown step has no items", async (scene) => {
      const page = await scene.store.items({ run: nextId(), step: "none" }, { limit: 10 });
      expect(page.rows).toEqual([]);
      expect(page.next).toBeUndefined();
    });
  });
}

/** The keys of all pages of a listing, each within its limit. */
async function paged(scene: Scene, filter: ItemFilter, limit: number): Promise<string[]> {
  const keys: string[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await scene.store.items(filter, { limit, after });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    keys.push(...page.rows.map((row) => row.key));
    after = page.next;
  }
  return keys;
}
