/** Rules of the item ledger. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { item, newStep } from "./builders.ts";
import { rulesOn } from "./rule.ts";
import { ODD_TEXTS } from "./texts.ts";

/** What the ledger keeps. */
export function itemRules(home: TestHome): void {
  describe("items: the ledger", () => {
    const rule = rulesOn(home);
    rule("an item is kept with all it was given, its job and the time", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const full = item("a", "failed", {
        stage: "extract",
        errorClass: "validation",
        reason: "encrypted",
        message: "a password's needed",
        item: '{"path":"a.pdf"}',
        output: "[1,2]",
        tally: { pages: 0, bytes: 5_000_000_000 },
      });
      await scene.save(held, { step, items: [full, item("b", "filtered")] });
      const atMs = (await scene.row(held.id)).createdAtMs;
      expect(await scene.items(step)).toEqual([
        { ...full, job: held.id, atMs },
        { key: "b", state: "filtered", job: held.id, atMs },
      ]);
    });

    rule("texts of an item come back exactly", async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const texts = (text: string) => ({
        stage: text,
        errorClass: text,
        reason: text,
        message: text,
        item: text,
        output: text,
      });
      await scene.save(held, { step, items: ODD_TEXTS.map((text) => item(text, "failed", texts(text))) });
      for (const text of ODD_TEXTS) {
        const rows = await scene.items({ ...step, keys: [text] });
        expect(rows).toEqual([expect.objectContaining({ key: text, ...texts(text) })]);
      }
      expect(await scene.items(step)).toHaveLength(ODD_TEXTS.length);
    });

    rule(
      "an item's text takes up to a mebibyte; a longer one is refused with all its call",
      async (scene) => {
        const held = await scene.hold();
        const step = newStep();
        const whole = `"${"é".repeat(524_287)}"`;
        for (const field of ["item", "output"] as const) {
          const long = item("long", "failed", { [field]: `${whole} ` });
          const refused = scene.save(held, { step, items: [item("a"), long] });
          await expect(refused).rejects.toMatchObject({ code: "too-large" });
          await expect(
            scene.save(held, { step, items: [item("b", "failed", { [field]: "a\0" })] }),
          ).rejects.toMatchObject({ code: "bad-input" });
        }
        expect(await scene.items(step)).toEqual([]);
        await scene.save(held, { step, items: [item("whole", "failed", { item: whole, output: whole })] });
        expect(await scene.items(step)).toMatchObject([{ item: whole, output: whole }]);
      },
    );

    rule("steps and runs have ledgers of their own", async (scene) => {
      const held = await scene.hold();
      const [one, other] = [newStep(), newStep()];
      const second = { ...one, step: "second" };
      await scene.save(held, { write: 1, step: one, items: [item("a", "done")] });
      await scene.save(held, { write: 2, step: second, items: [item("a", "failed")] });
      await scene.save(held, { write: 3, step: other, items: [item("a", "skipped")] });
      for (const [step, state] of [
        [one, "done"],
        [second, "failed"],
        [other, "skipped"],
      ] as const) {
        expect(await scene.items(step)).toMatchObject([{ key: "a", state }]);
        expect(await scene.stepCounts(step)).toEqual({ [state]: 1 });
      }
    });
  });
}
