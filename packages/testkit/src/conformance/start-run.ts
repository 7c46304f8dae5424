/** Rules of startRun: a run that is opened, refused or resumed. */
import type { NewJob, NewRun } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJob, newRun, released, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { claimCoordinator, move, start } from "./started.ts";
import { ODD_ENVELOPES, ODD_TEXTS, UNKEEPABLE_TEXTS } from "./texts.ts";

/** When a run is opened, resumed or refused. */
export function startRunRules(home: TestHome): void {
  describe("start-run", () => {
    const rule = rulesOn(home);
    describe("started", () => startedRules(rule));
    describe("refused", () => unkeepableRules(rule));
    describe("resumed", () => resumedRules(rule));
    describe("room", () => roomRules(rule));
  });
}

function startedRules(rule: Rule): void {
  rule("a run opens as running, together with its coordinator", async (scene) => {
    const given: Partial<NewRun> = {
      ...{ definition: "ingest", instance: "docs", tenant: "acme", params: '{"paths":["a"]}' },
      ...{ queue: "bulk", version: "2026-11", submittedBy: "mia", correlationId: "c-1" },
      priority: "low",
    };
    const started = await start(scene, given);
    expect(started).toMatchObject({ result: "started", run: started.asked });
    const run = await scene.run({ ids: [started.run] });
    expect(run).toEqual({
      id: started.run,
      ...given,
      state: "running",
      coordinator: started.coordinator,
      restarts: 0,
      createdAtMs: expect.any(Number),
      updatedAtMs: run.createdAtMs,
      counters: {},
    });
    const row = await scene.row(started.coordinator);
    expect(row).toMatchObject({ state: "ready", run: started.run, createdAtMs: run.createdAtMs });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("other instances, definitions and tenants run beside it", async (scene) => {
    const others = [{}, { instance: "two" }, { definition: "export" }, { tenant: "acme" }];
    for (const given of others) expect((await start(scene, given)).result).toBe("started");
    expect(await scene.queueCounts()).toEqual({ queued: 4 });
  });

  rule("definitions, instances and parameters are any text, told apart exactly", async (scene) => {
    for (const [index, text] of ODD_TEXTS.entries()) {
      const params = ODD_ENVELOPES[index] ?? "{}";
      const first = await start(scene, { definition: text, instance: text, params });
      expect(first.result).toBe("started");
      expect((await start(scene, { definition: text, instance: text })).run).toBe(first.run);
      expect(await scene.run({ definition: text })).toMatchObject({
        definition: text,
        instance: text,
        params,
      });
    }
  });
}

const RUN_TEXTS = [
  ...(["definition", "instance", "tenant", "params"] as const),
  ...(["queue", "version", "submittedBy", "correlationId"] as const),
];

function unkeepableRules(rule: Rule): void {
  rule("text that not every store can keep is refused, and no run or job is made", async (scene) => {
    for (const text of UNKEEPABLE_TEXTS) {
      for (const field of RUN_TEXTS) {
        await expect(start(scene, { [field]: text })).rejects.toMatchObject({ code: "bad-input" });
      }
      const bad = newJob({ name: text });
      await expect(scene.store.startRun(newRun(), bad)).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await scene.store.findRuns({}, { limit: 10 })).rows).toEqual([]);
    expect(await scene.ids({})).toEqual([]);
  });
}

function resumedRules(rule: Rule): void {
  rule("an active run is resumed, untouched, and no second coordinator comes", async (scene) => {
    const first = await start(scene, { params: '{"first":true}' });
    for (const state of ["running", "paused", "cancelling", "starting"] as const) {
      await move(scene, first.run, state);
      const again = await start(scene, { params: '{"second":true}', rerun: true });
      expect(again).toMatchObject({ result: "resumed", run: first.run });
      expect(await scene.ids({ ids: [again.coordinator] })).toEqual([]);
      expect(await scene.run({ ids: [first.run] })).toMatchObject({ state, params: '{"first":true}' });
    }
    expect((await scene.store.findRuns({}, { limit: 10 })).rows).toHaveLength(1);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("it stays active whatever its live coordinator is doing", async (scene) => {
    const { run } = await start(scene);
    const held = await claimCoordinator(scene);
    expect((await start(scene)).run).toBe(run);
    await scene.settle(held, suspended(), { spawn: [newJob({ queue: "children" })] });
    expect((await start(scene)).run).toBe(run);
    await scene.settle(await scene.claimOne({ queue: "children" }), COMPLETED);
    await scene.settle(await claimCoordinator(scene), released(true));
    await claimCoordinator(scene);
    await scene.expire();
    expect(await start(scene)).toMatchObject({ result: "resumed", run });
  });

  rule("a re-sent start finds the run it had started", async (scene) => {
    const run = newRun();
    const coordinator = newJob({ run: run.id });
    expect(await scene.store.startRun(run, coordinator)).toEqual({ result: "started", run: run.id });
    expect(await scene.store.startRun(run, coordinator)).toEqual({ result: "resumed", run: run.id });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("of overlapping starts one opens the run, the others resume it", async (scene) => {
    const starts = await Promise.all(Array.from({ length: 8 }, () => start(scene)));
    const started = starts.filter((each) => each.result === "started");
    expect(started).toHaveLength(1);
    expect(new Set(starts.map((each) => each.run))).toEqual(new Set([started[0]?.asked]));
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });
}

/** Starts a run with this coordinator. */
function opening(scene: Scene, given: Partial<NewRun> = {}, of: Partial<NewJob> = {}) {
  const run = newRun(given);
  return scene.store.startRun(run, newJob({ name: "coordinator", run: run.id, ...of }));
}

function roomRules(rule: Rule): void {
  rule("a full queue refuses a new run, counts that, and keeps nothing of it", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 1 });
    await scene.add();
    expect(await opening(scene)).toEqual({ result: "queue-full" });
    expect((await scene.store.findRuns({}, { limit: 10 })).rows).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ queued: 1, refused: 1 });
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect((await opening(scene)).result).toBe("started");
    await scene.foldAll();
    expect(await opening(scene, { instance: "two" })).toEqual({ result: "queue-full" });
    expect(await scene.queueCounts()).toEqual({ queued: 1, completed: 1, refused: 2 });
  });

  rule("the room it needs is of its coordinator's queue and class", async (scene) => {
    await scene.store.configureQueue("work", { capacities: { high: 0 } });
    await scene.store.configureQueue("other", { capacity: 0 });
    expect((await opening(scene, { queue: "other" })).result).toBe("started");
    const high = { priority: "high" } as const;
    expect(await opening(scene, { instance: "two" }, high)).toEqual({ result: "queue-full" });
    expect(await scene.queueCounts("work", "high")).toEqual({ refused: 1 });
  });

  rule("a start that opens no new run needs none", async (scene) => {
    const active = newRun();
    const coordinator = newJob({ name: "coordinator", run: active.id });
    await scene.store.startRun(active, coordinator);
    await scene.store.configureQueue("work", { capacity: 0 });
    expect(await scene.store.startRun(active, coordinator)).toEqual({ result: "resumed", run: active.id });
    expect(await opening(scene)).toEqual({ result: "resumed", run: active.id });
    await move(scene, active.id, "completed");
    expect(await opening(scene)).toEqual({ result: "finished", run: active.id });
    const forced = { ...active, force: true } as const;
    expect(await scene.store.startRun(forced, coordinator)).toEqual({ result: "finished", run: active.id });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule(
    "a run whose coordinator was lost is ended though its queue is too full for another",
    async (scene) => {
      const { run } = await start(scene);
      await scene.settle(await claimCoordinator(scene), COMPLETED);
      await scene.store.configureQueue("work", { capacity: 0 });
      expect(await opening(scene)).toEqual({ result: "queue-full" });
      expect((await scene.run({ ids: [run] })).state).toBe("failed");
    },
  );

  rule("overlapping starts never add a run too many", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 3 });
    const instances = Array.from({ length: 8 }, (_, index) => ({ instance: String(index) }));
    const starts = await Promise.all(instances.map((given) => opening(scene, given)));
    expect(starts.map(({ result }) => result).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => "queue-full"),
      ...Array.from({ length: 3 }, () => "started"),
    ]);
    expect(await scene.queueCounts()).toEqual({ queued: 3, refused: 5 });
  });
}
