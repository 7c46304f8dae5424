/** Rules of removeRuns and cleanUpRuns: finished runs that are forgotten, by id and by age. */
import {
  type ControlNote,
  FINISHED_RUN_STATES,
  isFinishedRun,
  type NewRun,
  newId,
  RUN_STATES,
  type RunId,
  type RunState,
  type StepRef,
} from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { COMPLETED, item, mark, newJob, newRun } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

const NOTE: ControlNote = { actor: { kind: "user", id: "ann", role: "operator" }, reason: "month's end" };
const BY_ANN = {
  actor: { kind: "user", id: "ann" },
  role: "operator",
  reason: "month's end",
  resourceType: "run",
};
const ALL = { olderThanMs: 0, states: FINISHED_RUN_STATES, limit: 100 };

/** Which runs are forgotten, and what is known of them then; `purge-runs.ts` holds what becomes of their rows. */
export function removeRunRules(home: TestHome): void {
  describe("remove-runs", () => {
    const rule = rulesOn(home);
    describe("by id", () => idRules(rule));
    describe("by age", () => ageRules(rule));
    describe("forgotten", () => forgottenRules(rule));
    describe("a restart that races", () => raceRules(rule));
  });
}

/** A run that has ended so, with three items and a step, its coordinator finished too. */
export async function endedRun(
  scene: Scene,
  to: RunState = "completed",
  given: Partial<NewRun> = {},
): Promise<NewRun> {
  const run = newRun({ instance: newId<RunId>(), ...given });
  await scene.store.startRun(run, newJob({ run: run.id, name: "coordinator" }));
  const held = await scene.claimOne({ names: ["coordinator"] });
  const step = loadOf(run);
  await scene.save(held, {
    step,
    items: ["a", "b", "c"].map((key) => item(key)),
    marks: [mark(step, "completed")],
  });
  await scene.settle(held, COMPLETED);
  await scene.store.moveRun({ run: run.id, from: ["running"], to });
  return run;
}

/** The step of such a run. */
export function loadOf({ id }: Pick<NewRun, "id">): StepRef {
  return { run: id, step: "load" };
}

/** The runs that are listed, oldest first. */
async function listed(scene: Scene): Promise<readonly RunId[]> {
  return (await scene.store.findRuns({}, { limit: 100 })).rows.map(({ id }) => id).reverse();
}

/** Passes until none finds more; the rows deleted by each. */
export async function purge(scene: Scene, limit = 1_000): Promise<readonly number[]> {
  const removed: number[] = [];
  for (let isMore = true; isMore; ) {
    const pass = await scene.store.purgeRuns({ limit });
    removed.push(pass.removed);
    isMore = pass.more;
  }
  return removed;
}

function idRules(rule: Rule): void {
  rule("finished runs are removed, in any state; active ones stay", async (scene) => {
    const runs: NewRun[] = [];
    for (const state of RUN_STATES) runs.push(await endedRun(scene, state));
    const ids = runs.map(({ id }) => id);
    expect(await scene.store.removeRuns(ids)).toEqual(
      RUN_STATES.map((state) => (isFinishedRun(state) ? "removed" : "still-active")),
    );
    expect(await listed(scene)).toEqual(
      ids.filter((_, index) => !isFinishedRun(RUN_STATES[index] ?? "running")),
    );
  });

  rule("what is unknown is not found, an id met twice is answered alike", async (scene) => {
    const [run, other] = [await endedRun(scene), newRun()];
    expect(await scene.store.removeRuns([])).toEqual([]);
    expect(await scene.store.removeRuns([run.id, other.id, run.id], NOTE)).toEqual([
      "removed",
      "not-found",
      "removed",
    ]);
    expect(await scene.store.removeRuns([run.id], NOTE)).toEqual(["not-found"]);
    expect(await recordsOf(scene)).toHaveLength(1);
  });

  rule("one with a live job stays until that has ended", async (scene) => {
    const run = await endedRun(scene, "failed");
    const [chunk] = [await scene.hold({ run: run.id })];
    expect(await scene.store.removeRuns([run.id])).toEqual(["still-active"]);
    expect(await scene.store.cleanUpRuns(ALL)).toEqual({ removed: 0, more: false });
    await scene.settle(chunk, COMPLETED);
    expect(await scene.store.removeRuns([run.id])).toEqual(["removed"]);
  });

  rule("a removal leaves a record with each tenant, one that names nobody none", async (scene) => {
    const runs: NewRun[] = [];
    for (const tenant of ["acme", "zenith", "acme"])
      runs.push(await endedRun(scene, "completed", { tenant }));
    const [first, other, second] = runs.map(({ id }) => id) as [RunId, RunId, RunId]; // three were made
    const quiet = await endedRun(scene);
    await scene.store.removeRuns([quiet.id], { reason: "by the way", by: "bob" });
    await scene.store.removeRuns([second, other, first], NOTE);
    const of = { ...BY_ANN, type: "run.removed", action: "removeRuns", before: null, after: null };
    expect(await recordsOf(scene)).toMatchObject([
      { ...of, tenant: "acme", resourceId: null, details: { count: 2, ids: [first, second] } },
      { ...of, tenant: "zenith", resourceId: other, details: { count: 1, ids: [other] } },
    ]);
    const bad = { actor: { kind: "boss", id: "" } } as unknown as ControlNote; // what a caller without types may say
    await expect(scene.store.removeRuns([first], bad)).rejects.toMatchObject({ code: "bad-config" });
    await expect(scene.store.cleanUpRuns({ ...ALL, note: bad })).rejects.toMatchObject({
      code: "bad-config",
    });
  });
}

function ageRules(rule: Rule): void {
  rule(
    "goes for what finished so long ago or longer, from the oldest on, at most as many as asked",
    async (scene) => {
      const ids: RunId[] = [];
      for (let count = 0; count < 5; count += 1) {
        ids.push((await endedRun(scene)).id);
        await scene.advance(1_000);
      }
      const removal = { ...ALL, olderThanMs: 2_000, limit: 3 };
      expect(await scene.store.cleanUpRuns(removal)).toEqual({ removed: 3, more: true });
      expect(await listed(scene)).toEqual(ids.slice(3));
      expect(await scene.store.cleanUpRuns(removal)).toEqual({ removed: 1, more: false });
      expect(await scene.store.cleanUpRuns(removal)).toEqual({ removed: 0, more: false });
      expect(await listed(scene)).toEqual(ids.slice(4));
    },
  );

  rule("counts from the last time a run finished", async (scene) => {
    const run = await endedRun(scene, "failed");
    await scene.advance(1_000);
    await scene.store.moveRun({ run: run.id, from: ["failed"], to: "running" });
    expect(await scene.store.cleanUpRuns(ALL)).toEqual({ removed: 0, more: false });
    await scene.store.moveRun({ run: run.id, from: ["running"], to: "failed" });
    expect(await scene.store.cleanUpRuns({ ...ALL, olderThanMs: 1 })).toEqual({ removed: 0, more: false });
    expect(await scene.store.cleanUpRuns(ALL)).toEqual({ removed: 1, more: false });
  });

  rule("goes for the states that are named, and never for active runs", async (scene) => {
    const runs = new Map<RunState, RunId>();
    for (const state of RUN_STATES) runs.set(state, (await endedRun(scene, state)).id);
    expect(await scene.store.cleanUpRuns({ ...ALL, states: [] })).toEqual({ removed: 0, more: false });
    const some = { ...ALL, states: ["partial", "cancelled", "partial"], note: NOTE } as const;
    expect(await scene.store.cleanUpRuns(some)).toEqual({ removed: 2, more: false });
    expect(await scene.store.cleanUpRuns(some)).toEqual({ removed: 0, more: false });
    const gone = [runs.get("partial"), runs.get("cancelled")].sort();
    const details = { count: 2, ids: gone, olderThanMs: 0, states: ["cancelled", "partial"] };
    expect(await recordsOf(scene)).toMatchObject([
      ...(await failures(scene)),
      { ...BY_ANN, type: "run.cleaned-up", action: "cleanUpRuns", tenant: "", resourceId: null, details },
    ]);
    expect(await scene.store.cleanUpRuns({ ...ALL, background: true })).toEqual({ removed: 2, more: false });
    expect(await listed(scene)).toEqual(
      RUN_STATES.filter((state) => !isFinishedRun(state)).map((state) => runs.get(state)),
    );
  });

  rule("several cleaning at once forget every run once", async (scene) => {
    for (let count = 0; count < 10; count += 1) await endedRun(scene);
    const clean = () => scene.store.cleanUpRuns({ ...ALL, limit: 4 });
    const reports = await Promise.all([clean(), clean(), clean()]);
    const removed = reports.reduce((sum, report) => sum + report.removed, 0);
    expect(await listed(scene)).toHaveLength(10 - removed);
    expect(removed).toBeGreaterThanOrEqual(4);
  });
}

/** The records of runs that failed, which they leave by themselves. */
async function failures(scene: Scene): Promise<readonly object[]> {
  return (await recordsOf(scene)).filter(({ type }) => type === "run.failed");
}

function forgottenRules(rule: Rule): void {
  rule("a removed run is unknown at once, whole: its steps and ledger with it", async (scene) => {
    const run = await endedRun(scene, "partial");
    const step = loadOf(run);
    await scene.store.removeRuns([run.id]);
    for (const purges of [0, 1]) {
      if (purges > 0) await purge(scene);
      expect((await scene.store.findRuns({ ids: [run.id] }, { limit: 1 })).rows).toEqual([]);
      expect(await scene.steps(run.id)).toEqual([]);
      expect(await scene.items(step)).toEqual([]);
      expect(await scene.items({ ...step, keys: ["a", "b"] })).toEqual([]);
      const coordinator = newJob({ run: run.id });
      const restart = { run: run.id, from: ["partial"], to: "running", coordinator } as const;
      expect(await scene.store.moveRun(restart)).toBe("not-found");
      expect(await scene.ids({ run: run.id, states: ["ready"] })).toEqual([]);
    }
  });

  rule("its instance is as if it had never run", async (scene) => {
    const first = await endedRun(scene, "completed", { instance: "one" });
    const second = newRun({ instance: "one" });
    const start = (run: NewRun) => scene.store.startRun(run, newJob({ run: run.id }));
    expect(await start(second)).toEqual({ result: "finished", run: first.id });
    await scene.store.removeRuns([first.id]);
    expect(await start(second)).toEqual({ result: "started", run: second.id });
  });

  rule("a start that is sent again opens nothing over the rows of a removed run", async (scene) => {
    const run = await endedRun(scene, "failed");
    const jobs = await scene.ids({});
    await scene.store.removeRuns([run.id]);
    expect(await scene.store.startRun(run, newJob({ run: run.id }))).toEqual({
      result: "finished",
      run: run.id,
    });
    expect(await scene.ids({})).toEqual(jobs);
    expect(await listed(scene)).toEqual([]);
  });

  rule("its jobs stay, as history and as dead letters", async (scene) => {
    const run = await endedRun(scene);
    const before = await scene.ids({ run: run.id });
    await scene.store.removeRuns([run.id]);
    await purge(scene);
    expect(before).toHaveLength(1);
    expect(await scene.ids({ run: run.id })).toEqual(before);
  });

  rule("other runs keep all that is theirs", async (scene) => {
    const [gone, kept] = [await endedRun(scene), await endedRun(scene)];
    const before = [
      await scene.run({ ids: [kept.id] }),
      await scene.steps(kept.id),
      await scene.items(loadOf(kept)),
    ];
    await scene.foldAll();
    await scene.store.removeRuns([gone.id]);
    await purge(scene);
    expect([
      await scene.run({ ids: [kept.id] }),
      await scene.steps(kept.id),
      await scene.items(loadOf(kept)),
    ]).toEqual(before);
  });
}

function raceRules(rule: Rule): void {
  rule("wins whole, or finds no run", async (scene) => {
    for (let round = 0; round < 5; round += 1) {
      const run = await endedRun(scene, "failed");
      const coordinator = newJob({ run: run.id, queue: "restarted" });
      const restart = { run: run.id, from: ["failed"], to: "running", coordinator } as const;
      const [moved, cleaned] = await Promise.all([
        scene.store.moveRun(restart),
        scene.store.cleanUpRuns(ALL),
        purge(scene, 1),
      ]);
      const shown = {
        coordinators: await scene.ids({ ids: [coordinator.id] }),
        keys: (await scene.items(loadOf(run))).map(({ key }) => key),
        counters: (await scene.store.findRuns({ ids: [run.id] }, { limit: 1 })).rows.map(
          ({ counters }) => counters,
        ),
      };
      if (cleaned.removed === 1) expect({ moved, shown }).toEqual({ moved: "not-found", shown: NOTHING });
      else
        expect({ moved, shown }).toEqual({
          moved: "applied",
          shown: { coordinators: [coordinator.id], keys: ["a", "b", "c"], counters: [{ load: { done: 3 } }] },
        });
    }
  });
}

const NOTHING = { coordinators: [], keys: [], counters: [] };
