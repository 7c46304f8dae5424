/** Rules of step marks: they ride with a holder's write, behind its fence. */
import type { Outcome, RunId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FOREIGN_TOKEN,
  item,
  mark,
  newJob,
  newStep,
  nextId,
  released,
  retry,
  settlementOf,
  snoozed,
  suspended,
  under,
  WAIT_ALL,
  writeOf,
} from "./builders.ts";
import { type Rule, rulesOn, TRANSACTIONS } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** When marks take effect, and when not. */
export function stepFenceRules(home: TestHome): void {
  describe("steps, behind the fence", () => {
    const rule = rulesOn(home);
    describe("applied", () => appliedRules(rule));
    describe("refused", () => refusedRules(rule));
    describe("in a transaction", () => transactionRules(rule));
  });
}

const OUTCOMES: readonly Outcome[] = [
  COMPLETED,
  dead(),
  retry(0),
  snoozed(500),
  released(true),
  suspended(),
  under(WAIT_ALL),
];

function appliedRules(rule: Rule): void {
  rule("marks ride with a settlement, whatever the outcome", async (scene) => {
    const run = nextId<RunId>();
    for (const [index, outcome] of OUTCOMES.entries()) {
      const held = await scene.hold({ name: `task-${index}` });
      const marks = [mark({ run, step: `s${index}` }, "completed", { detail: outcome.kind })];
      expect(await scene.settle(held, outcome, { marks })).toBe("applied");
    }
    expect((await scene.steps(run)).map(({ detail }) => detail)).toEqual(OUTCOMES.map(({ kind }) => kind));
  });

  rule("they ride with the settlement of a job that was cancelled meanwhile", async (scene) => {
    const step = newStep();
    const held = await scene.hold();
    await scene.store.cancel([held.id]);
    const marks = [mark(step, "cancelled")];
    expect(await scene.settle(held, COMPLETED, { marks })).toBe("applied-as-cancelled");
    expect(await scene.steps(step.run)).toMatchObject([{ state: "cancelled" }]);
  });

  rule("in one call each write's marks go by its own answer", async (scene) => {
    const run = nextId<RunId>();
    const [held, other] = [await scene.hold(), await scene.hold()];
    const marksOf = (step: string) => ({ marks: [mark({ run, step }, "running")] });
    const writes = [
      writeOf(held, marksOf("held")),
      writeOf({ ...other, token: FOREIGN_TOKEN }, marksOf("foreign")),
    ];
    expect(await scene.store.save(writes)).toEqual(["applied", "fenced"]);
    const settlements = [
      settlementOf(other, COMPLETED, marksOf("other")),
      settlementOf({ ...held, token: FOREIGN_TOKEN }, COMPLETED, marksOf("foreign")),
    ];
    expect(await scene.store.settle(settlements)).toEqual(["applied", "fenced"]);
    expect((await scene.steps(run)).map(({ step }) => step)).toEqual(["held", "other"]);
  });
}

function refusedRules(rule: Rule): void {
  rule("a stale token's marks change nothing", async (scene) => {
    const step = newStep();
    const stale = await scene.hold();
    await scene.save(stale, { marks: [mark(step, "running", { starts: 1, detail: "first" })] });
    await scene.expire();
    const marks = [mark(step, "completed", { starts: 1, detail: "stale" }), mark(newStep("new"), "running")];
    await expectFenced(scene, stale, { marks, step });
    const holder = await scene.claimSuspect();
    await expectFenced(scene, stale, { marks, step });
    expect(await scene.settle(holder, COMPLETED, { marks: [mark(step, "failed")] })).toBe("applied");
    await expectFenced(scene, stale, { marks, step });
    expect(await scene.steps(step.run)).toMatchObject([{ state: "failed" }]);
  });

  rule("a write that was applied before marks nothing once more", async (scene) => {
    const step = newStep();
    const held = await scene.hold();
    const first = { marks: [mark(step, "running", { detail: "1" })] };
    await scene.save(held, { write: 1, ...first });
    await scene.save(held, { write: 2, marks: [mark(step, "running", { detail: "2" })] });
    expect(await scene.save(held, { write: 1, ...first })).toBe("already-applied");
    const ending = { marks: [mark(step, "completed", { detail: "3" })] };
    expect(await scene.settle(held, COMPLETED, ending)).toBe("applied");
    const other = await scene.hold();
    await scene.save(other, { marks: [mark(step, "running", { starts: 1, detail: "4" })] });
    expect(await scene.settle(held, COMPLETED, ending)).toBe("already-applied");
    expect(await scene.save(held, { write: 3, ...first })).toBe("already-applied");
    expect(await scene.steps(step.run)).toMatchObject([{ state: "running", detail: "4" }]);
  });
}

async function expectFenced(
  scene: Scene,
  stale: Parameters<Scene["save"]>[0],
  { marks, step }: { marks: readonly ReturnType<typeof mark>[]; step: ReturnType<typeof newStep> },
): Promise<void> {
  const before = await scene.steps(step.run);
  expect(await scene.save(stale, { write: 5, marks })).not.toBe("applied");
  for (const outcome of OUTCOMES) expect(await scene.settle(stale, outcome, { marks })).not.toBe("applied");
  expect(await scene.steps(step.run)).toEqual(before);
  for (const { run } of marks.slice(1)) expect(await scene.steps(run)).toEqual([]);
}

function transactionRules(rule: Rule): void {
  rule(
    "marks of a save take effect as it commits, with all else in it",
    async (scene) => {
      const step = newStep();
      const held = await scene.hold();
      const write = writeOf(held, {
        ...{ marks: [mark(step, "running", { starts: 1 })], step, items: [item("a")] },
        ...{ spawn: [newJob({ name: "child" })], checkpoint: "1" },
      });
      const transactions = scene.store.capabilities.transactions;
      const undone = new Error("rolled back on purpose");
      const rolledBack = transactions?.run(async (transaction) => {
        expect(await scene.store.save([write], { transaction })).toEqual(["applied"]);
        throw undone;
      });
      await expect(rolledBack).rejects.toBe(undone);
      expect(await scene.steps(step.run)).toEqual([]);
      const saved = await transactions?.run((transaction) => scene.store.save([write], { transaction }));
      expect(saved).toEqual(["applied"]);
      expect(await scene.steps(step.run)).toMatchObject([{ state: "running" }]);
      expect(await scene.stepCounts(step)).toEqual({ done: 1 });
      const again = await transactions?.run((transaction) => scene.store.save([write], { transaction }));
      expect(again).toEqual(["already-applied"]);
    },
    TRANSACTIONS,
  );

  rule(
    "so do those of a settlement; a stale token's change nothing there either",
    async (scene) => {
      const step = newStep();
      const stale = await scene.hold();
      await scene.expire();
      const held = await scene.claimSuspect();
      const marks = [mark(step, "completed")];
      const settle = (holder: typeof held) =>
        scene.store.capabilities.transactions?.run((transaction) =>
          scene.store.settle([settlementOf(holder, COMPLETED, { marks })], { transaction }),
        );
      expect(await settle(stale)).toEqual(["fenced"]);
      expect(await scene.steps(step.run)).toEqual([]);
      expect(await settle(held)).toEqual(["applied"]);
      expect(await scene.steps(step.run)).toMatchObject([{ state: "completed" }]);
    },
    TRANSACTIONS,
  );
}
