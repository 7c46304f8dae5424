/** Rules of steps: what holders mark, and how it is listed. */
import type { RunId, StepFilter, StepMark, StepRow } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { item, mark, newStep, nextId, settlementOf, writeOf } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_TEXTS, UNKEEPABLE_TEXTS } from "./texts.ts";

/** What is kept of a step, when it began and ended, and how steps are read. */
export function stepRules(home: TestHome): void {
  describe("steps", () => {
    const rule = rulesOn(home);
    describe("a mark", () => markRules(rule));
    describe("times", () => timeRules(rule));
    describe("order", () => orderRules(rule));
    describe("misuse", () => misuseRules(rule));
    describe("listing", () => listRules(rule));
  });
}

/** Marks steps through a job of their own; gives the moment. */
async function marked(scene: Scene, ...marks: readonly StepMark[]): Promise<number> {
  const held = await scene.hold();
  expect(await scene.save(held, { marks })).toBe("applied");
  return (await scene.row(held.id)).createdAtMs;
}

async function only(scene: Scene, run: RunId): Promise<StepRow> {
  const [row, ...others] = await scene.steps(run);
  if (row === undefined || others.length > 0) throw new Error("not one step");
  return row;
}

function markRules(rule: Rule): void {
  rule("is kept with all it was given, and the time", async (scene) => {
    const step = newStep();
    const detail = '{"context":{"page":3}}';
    const atMs = await marked(scene, mark(step, "running", { detail, starts: 2 }));
    expect(await scene.steps(step.run)).toEqual([
      { ...step, state: "running", starts: 2, detail, startedAtMs: atMs, updatedAtMs: atMs },
    ]);
  });

  rule("takes the place of what was said of its step before, whoever says it", async (scene) => {
    const step = newStep();
    await marked(scene, mark(step, "running", { detail: "1" }), mark({ ...step, step: "next" }));
    await marked(scene, mark(step, "partial", { detail: "2", starts: 3 }));
    expect(await scene.steps(step.run)).toMatchObject([
      { step: "load", state: "partial", starts: 3, detail: "2" },
      { step: "next", state: "pending", starts: 0 },
    ]);
  });

  rule("needs no ledger, and leaves ledger and counters alone", async (scene) => {
    const [step, other] = [newStep(), newStep()];
    const held = await scene.hold();
    const marks = [mark(step, "running")];
    await scene.save(held, { marks, step: other, items: [item("a")], counters: { read: 1 } });
    expect(await scene.items(step)).toEqual([]);
    expect(await scene.stepCounts(step)).toEqual({});
    expect(await scene.stepCounts(other)).toEqual({ done: 1, read: 1 });
    expect(await scene.steps(other.run)).toEqual([]);
    expect(await scene.steps(step.run)).toHaveLength(1);
  });

  rule("may be any text, told apart exactly", async (scene) => {
    const run = nextId<RunId>();
    await marked(scene, ...ODD_TEXTS.map((text) => mark({ run, step: text }, "skipped", { detail: text })));
    for (const text of ODD_TEXTS) {
      const { rows } = await scene.store.steps({ run, steps: [text] }, { limit: 2 });
      expect(rows).toEqual([expect.objectContaining({ step: text, detail: text, state: "skipped" })]);
    }
    expect(await scene.steps(run)).toHaveLength(ODD_TEXTS.length);
  });
}

function timeRules(rule: Rule): void {
  rule("a step began when this start of it was first said to be running", async (scene) => {
    const step = newStep();
    await marked(scene, mark(step, "pending"));
    expect((await only(scene, step.run)).startedAtMs).toBeUndefined();
    await scene.advance(10);
    const beganMs = await marked(scene, mark(step, "running", { starts: 1 }));
    await scene.advance(10);
    const nowMs = await marked(scene, mark(step, "running", { starts: 1, detail: "later" }));
    expect(await only(scene, step.run)).toMatchObject({ startedAtMs: beganMs, updatedAtMs: nowMs });
    await scene.advance(10);
    const againMs = await marked(scene, mark(step, "running", { starts: 2 }));
    expect(await only(scene, step.run)).toMatchObject({ startedAtMs: againMs, updatedAtMs: againMs });
  });

  rule("it keeps when it began as it ends, and says when it ended", async (scene) => {
    for (const state of ["completed", "partial", "failed", "skipped", "cancelled"] as const) {
      const step = newStep();
      const startedAtMs = await marked(scene, mark(step, "running", { starts: 1 }));
      await scene.advance(10);
      const finishedAtMs = await marked(scene, mark(step, state, { starts: 1 }));
      expect(finishedAtMs).toBe(startedAtMs + 10);
      expect(await only(scene, step.run)).toMatchObject({ state, startedAtMs, finishedAtMs });
    }
  });

  rule(
    "one that was never said to be running did not begin; one that begins anew has not ended",
    async (scene) => {
      const step = newStep();
      const atMs = await marked(scene, mark(step, "skipped", { starts: 1 }));
      const skipped = await only(scene, step.run);
      expect(skipped).toMatchObject({ finishedAtMs: atMs });
      expect(skipped.startedAtMs).toBeUndefined();
      await marked(scene, mark(step, "running", { starts: 2 }));
      expect((await only(scene, step.run)).finishedAtMs).toBeUndefined();
      await marked(scene, mark(step, "failed", { starts: 3 }));
      expect((await only(scene, step.run)).startedAtMs).toBeUndefined();
      await marked(scene, mark(step, "pending", { starts: 3 }));
      expect((await only(scene, step.run)).finishedAtMs).toBeUndefined();
    },
  );
}

function orderRules(rule: Rule): void {
  rule(
    "of several marks of one step in a write the last holds, and the first says when it began",
    async (scene) => {
      const step = newStep();
      const atMs = await marked(
        scene,
        mark(step, "running", { starts: 1, detail: "1" }),
        mark({ ...step, step: "other" }, "failed"),
        mark(step, "completed", { starts: 1, detail: "2" }),
      );
      const [row] = await scene.steps(step.run);
      const times = { startedAtMs: atMs, finishedAtMs: atMs, updatedAtMs: atMs };
      expect(row).toEqual({ ...step, state: "completed", starts: 1, detail: "2", ...times });
    },
  );

  rule("so do those of several jobs in a call, in the order of their writes", async (scene) => {
    const step = newStep();
    const [one, other] = [await scene.hold(), await scene.hold()];
    const answers = await scene.store.save([
      writeOf(other, { marks: [mark(step, "running", { detail: "other" })] }),
      writeOf(one, { marks: [mark(step, "partial", { detail: "one" })] }),
    ]);
    expect(answers).toEqual(["applied", "applied"]);
    expect(await only(scene, step.run)).toMatchObject({ state: "partial", detail: "one" });
  });

  rule("overlapping marks of the same steps each take effect", async (scene) => {
    const run = nextId<RunId>();
    const steps = ["a", "b", "c"].map((step) => ({ run, step }));
    const holders = await Promise.all([1, 2, 3, 4].map((number) => scene.hold({ name: `n${number}` })));
    const answers = await Promise.all(
      holders.map((held, index) => {
        const marks = steps.map((step) => mark(step, "running", { starts: index + 1 }));
        return scene.save(held, { marks: index % 2 === 0 ? marks : marks.toReversed() });
      }),
    );
    expect(answers).toEqual(holders.map(() => "applied"));
    expect(await scene.steps(run)).toHaveLength(3);
  });
}

function misuseRules(rule: Rule): void {
  rule("what no step can be is refused, and nothing of the call is applied", async (scene) => {
    const step = newStep();
    const [good, bad] = [await scene.hold(), await scene.hold()];
    const refused = async (wrong: StepMark, code: string) => {
      const writes = [
        writeOf(good, { marks: [mark(step)], checkpoint: "1" }),
        writeOf(bad, { marks: [wrong] }),
      ];
      await expect(scene.store.save(writes)).rejects.toMatchObject({ code });
      const settlements = [settlementOf(bad, { kind: "completed" }, { marks: [wrong] })];
      await expect(scene.store.settle(settlements)).rejects.toMatchObject({ code });
    };
    for (const text of UNKEEPABLE_TEXTS) {
      await refused(mark({ ...step, step: text }), "bad-input");
      await refused(mark(step, "failed", { detail: text }), "bad-input");
    }
    for (const starts of [-1, 0.5, Number.NaN, 3_000_000_000]) {
      await refused(mark(step, "running", { starts }), "bad-usage");
    }
    await refused(mark(step, "starting" as "running"), "bad-usage");
    expect(await scene.steps(step.run)).toEqual([]);
    expect((await scene.row(good.id)).checkpoint).toBeUndefined();
  });
}

function listRules(rule: Rule): void {
  rule("steps are listed by name, by the bytes of it", async (scene) => {
    const run = nextId<RunId>();
    const names = ["load/b", "load", "Load", "é", "z", "\u{1f600}", "\uffee", "load/a", "load-a"];
    await marked(scene, ...names.map((step) => mark({ run, step })));
    const sorted = names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect((await scene.steps(run)).map(({ step }) => step)).toEqual(sorted);
  });

  rule("by state and name, in pages, each run by itself", async (scene) => {
    const run = nextId<RunId>();
    const states = ["completed", "running", "failed", "completed", "pending"] as const;
    await marked(
      scene,
      ...states.map((state, index) => mark({ run, step: `s${index}` }, state)),
      mark(newStep("s1"), "running"),
    );
    const names = async (filter: Omit<StepFilter, "run">, limit = 10, after?: string) =>
      (await scene.store.steps({ run, ...filter }, { limit, after })).rows.map(({ step }) => step);
    expect(await names({ states: ["completed", "pending"] })).toEqual(["s0", "s3", "s4"]);
    expect(await names({ states: [] })).toEqual([]);
    expect(await names({ steps: ["s4", "s1", "none", "s1"] })).toEqual(["s1", "s4"]);
    expect(await names({ steps: ["s4", "s1"], states: ["running"] })).toEqual(["s1"]);
    expect(await names({ steps: [] })).toEqual([]);
    const page = await scene.store.steps({ run }, { limit: 2 });
    expect(page.rows.map(({ step }) => step)).toEqual(["s0", "s1"]);
    expect(await names({}, 2, page.next)).toEqual(["s2", "s3"]);
    expect(await names({ states: ["completed"] }, 1, "s0")).toEqual(["s3"]);
    expect((await scene.store.steps({ run: nextId() }, { limit: 1 })).rows).toEqual([]);
  });
}
