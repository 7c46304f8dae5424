/** Rules of later outcomes of items. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, newStep, settlementOf, writeOf } from "./builders.ts";
import { rulesOn } from "./rule.ts";

/** What becomes of an item that has an outcome already. */
export function itemReplacementRules(home: TestHome): void {
  describe("items: a later outcome", () => {
    const rule = rulesOn(home);
    rule("takes the place of the earlier one, whole", async (scene) => {
      const [first, second] = [await scene.hold(), await scene.hold()];
      const step = newStep();
      const words = { stage: "embed", reason: "down", message: "…", item: "1", output: "2" };
      const failed = item("a", "failed", { ...words, tally: { pages: 3 } });
      await scene.save(first, { step, items: [failed, item("b")] });
      await scene.advance(40);
      await scene.save(second, { step, items: [item("a", "done", { tally: { pages: 4 } })] });
      const rows = await scene.items(step);
      expect(rows).toHaveLength(2);
      const atMs = (await scene.row(second.id)).createdAtMs + 40;
      expect(rows[0]).toEqual({ key: "a", state: "done", tally: { pages: 4 }, job: second.id, atMs });
      expect(await scene.stepCounts(step)).toEqual({ done: 2, pages: 4 });
    });

    rule("the last of one write counts", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const items = [
        item("a", "failed", { tally: { x: 1 } }),
        item("b"),
        item("a", "done", { tally: { y: 1 } }),
      ];
      await scene.save(held, { step, items });
      expect(await scene.items(step)).toMatchObject([
        { key: "a", state: "done", tally: { y: 1 } },
        { key: "b", state: "done" },
      ]);
      expect(await scene.stepCounts(step)).toEqual({ done: 2, y: 1 });
    });

    rule("the last of one call counts", async (scene) => {
      const [first, second] = [await scene.hold(), await scene.hold()];
      const step = newStep();
      await scene.store.settle([
        settlementOf(second, COMPLETED, { step, items: [item("a", "failed"), item("b", "skipped")] }),
        settlementOf(first, COMPLETED, { step, items: [item("a", "done")] }),
      ]);
      expect(await scene.items(step)).toMatchObject([
        { key: "a", state: "done", job: first.id },
        { key: "b", state: "skipped", job: second.id },
      ]);
      expect(await scene.stepCounts(step)).toEqual({ done: 1, skipped: 1 });
    });

    rule("stays where a write brings only new items, which count nothing then", async (scene) => {
      const [one, two] = [await scene.hold(), await scene.hold()];
      const step = newStep();
      await scene.save(one, { write: 1, step, items: [item("a", "done", { tally: { pages: 3 } })] });
      const late = [item("a", "failed"), item("b", "failed"), item("b", "done")];
      await scene.save(two, { write: 1, step, items: late, onlyNewItems: true, counters: { looked: 1 } });
      expect(await scene.items(step)).toMatchObject([
        { key: "a", state: "done", job: one.id },
        { key: "b", state: "failed", job: two.id },
      ]);
      expect(await scene.stepCounts(step)).toEqual({ done: 1, failed: 1, pages: 3, looked: 1 });
      await scene.store.save([
        writeOf(one, { write: 2, step, items: [item("c")] }),
        writeOf(two, {
          write: 2,
          step,
          items: [item("c", "failed"), item("d", "failed")],
          onlyNewItems: true,
        }),
      ]);
      await scene.save(one, { write: 3, step, items: [item("b"), item("d")] });
      expect(await scene.stepCounts(step)).toEqual({ done: 4, pages: 3, looked: 1 });
    });

    rule("a repeated or fenced write replaces nothing", async (scene) => {
      const stale = await scene.hold();
      const step = newStep();
      await scene.save(stale, { write: 1, step, items: [item("a", "failed")] });
      await scene.expire();
      const held = await scene.claimSuspect();
      await scene.save(held, { write: 2, step, items: [item("a", "done")] });
      expect(await scene.save(stale, { write: 2, step, items: [item("a", "skipped")] })).toBe("fenced");
      const repeated = await scene.save(held, { write: 2, step, items: [item("a", "filtered"), item("b")] });
      expect(repeated).toBe("already-applied");
      expect(await scene.items(step)).toMatchObject([{ key: "a", state: "done" }]);
      expect(await scene.stepCounts(step)).toEqual({ done: 1 });
    });
  });
}
