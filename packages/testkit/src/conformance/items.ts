/** Rules of the item ledger and its counters. */
import type { ItemFilter, ItemOutcome, StepRef } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, newJobs, newStep, nextId, settlementOf, writeOf } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_TEXTS } from "./texts.ts";

/** What the ledger keeps, that counters equal it, and how it is read. */
export function itemRules(home: TestHome): void {
  describe("items", () => {
    const rule = rulesOn(home);
    describe("the ledger", () => ledgerRules(rule));
    describe("a later outcome", () => replaceRules(rule));
    describe("counters", () => counterRules(rule));
    describe("listing", () => listRules(rule));
  });
}

function ledgerRules(rule: Rule): void {
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

  rule("an item's text takes up to a mebibyte; a longer one is refused with all its call", async (scene) => {
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
  });

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
}

function replaceRules(rule: Rule): void {
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
      writeOf(two, { write: 2, step, items: [item("c", "failed"), item("d", "failed")], onlyNewItems: true }),
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
}

function counterRules(rule: Rule): void {
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

function listRules(rule: Rule): void {
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
