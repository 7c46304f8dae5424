/** Rules of startRun and of listing runs. */
import type { ClaimedJob, NewJob, NewRun, RunId, RunState } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, item, newJob, newRun, nextId, released, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_ENVELOPES, ODD_TEXTS, UNKEEPABLE_TEXTS } from "./texts.ts";

/** When a run is opened, resumed or refused, and how runs are listed. */
export function startRunRules(home: TestHome): void {
  describe("start-run", () => {
    const rule = rulesOn(home);
    describe("started", () => startedRules(rule));
    describe("refused", () => unkeepableRules(rule));
    describe("resumed", () => resumedRules(rule));
    describe("finished", () => finishedRules(rule));
    describe("given up", () => orphanRules(rule));
    describe("room", () => roomRules(rule));
    describe("listing", () => listingRules(rule));
  });
}

/** Starts a run with a coordinator of its own. */
async function start(scene: Scene, given: Partial<NewRun> = {}) {
  const run = newRun(given);
  const coordinator = newJob({ name: "coordinator", run: run.id });
  const started = await scene.store.startRun(run, coordinator);
  if (started.result === "queue-full") throw new Error("the rule left the queue without room");
  return { ...started, asked: run.id, coordinator: coordinator.id };
}

async function move(scene: Scene, run: RunId, to: RunState): Promise<void> {
  const from: RunState[] = ["starting", "running", "paused", "cancelling"];
  expect(await scene.store.moveRun({ run, from, to })).toBe("applied");
}

async function claimCoordinator(scene: Scene): Promise<ClaimedJob> {
  return scene.claimOne({ names: ["coordinator"] });
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

function finishedRules(rule: Rule): void {
  rule("a completed instance does not run again by itself", async (scene) => {
    const first = await start(scene);
    await move(scene, first.run, "completed");
    const again = await start(scene);
    expect(again).toMatchObject({ result: "finished", run: first.run });
    expect(await scene.ids({ ids: [again.coordinator] })).toEqual([]);
    expect(await scene.run({ ids: [first.run] })).toMatchObject({ state: "completed" });
  });

  rule("it runs again where it is asked to, and each time anew", async (scene) => {
    const runs: RunId[] = [];
    for (let time = 0; time < 3; time += 1) {
      const started = await start(scene, { rerun: true });
      expect(started).toMatchObject({ result: "started", run: started.asked });
      await move(scene, started.run, "completed");
      runs.push(started.run);
    }
    expect(await start(scene)).toMatchObject({ result: "finished", run: runs.at(-1) });
  });

  rule("partial, failed and cancelled runs never stand in the way", async (scene) => {
    for (const state of ["partial", "failed", "cancelled"] as const) {
      const started = await start(scene);
      expect(started.result).toBe("started");
      await move(scene, started.run, state);
    }
    expect((await start(scene)).result).toBe("started");
  });

  rule("a run that was moved on after it completed no longer finishes its instance", async (scene) => {
    const { run } = await start(scene);
    await move(scene, run, "completed");
    expect(await scene.store.moveRun({ run, from: ["completed"], to: "partial" })).toBe("applied");
    expect((await start(scene)).result).toBe("started");
  });

  rule(
    "a forced start opens a new run though the instance has completed; an active one is resumed",
    async (scene) => {
      const first = await start(scene);
      expect(await start(scene, { force: true })).toMatchObject({ result: "resumed", run: first.run });
      await move(scene, first.run, "completed");
      const forced = await start(scene, { force: true });
      expect(forced).toMatchObject({ result: "started", run: forced.asked });
      await move(scene, forced.run, "completed");
      expect(await start(scene)).toMatchObject({ result: "finished", run: forced.run });
    },
  );

  rule("a start sent again after its run has ended opens nothing", async (scene) => {
    for (const [index, to] of (["completed", "partial", "failed", "cancelled"] as const).entries()) {
      for (const given of [{}, { rerun: true }, { force: true }] as const) {
        const run = newRun({ instance: `${to} ${JSON.stringify(given)}`, ...given });
        const coordinator = newJob({ name: `coordinator-${index}`, run: run.id });
        expect((await scene.store.startRun(run, coordinator)).result).toBe("started");
        await move(scene, run.id, to);
        expect(await scene.store.startRun(run, coordinator)).toEqual({ result: "finished", run: run.id });
        expect((await scene.run({ ids: [run.id] })).state).toBe(to);
      }
    }
    expect(await scene.queueCounts()).toEqual({ queued: 12 });
  });

  rule("an instance that completed once is finished, though a later run failed", async (scene) => {
    const completed = await start(scene);
    await move(scene, completed.run, "completed");
    const failed = await start(scene, { rerun: true });
    await move(scene, failed.run, "failed");
    expect(await start(scene)).toMatchObject({ result: "finished", run: completed.run });
  });
}

function orphanRules(rule: Rule): void {
  rule("an active run whose coordinator crashed is failed, and another may start", async (scene) => {
    const run = newRun();
    await scene.store.startRun(run, newJob({ maxRescues: 0 }));
    await scene.claim();
    await scene.expire();
    expect((await start(scene)).result).toBe("resumed");
    await scene.claimSuspect();
    await scene.expire();
    await scene.advance(5);
    const again = await start(scene);
    expect(again).toMatchObject({ result: "started", run: again.asked });
    const orphan = await scene.run({ ids: [run.id] });
    expect(orphan.state).toBe("failed");
    expect(orphan.finishedAtMs).toBeGreaterThan(orphan.createdAtMs);
    expect(JSON.parse(orphan.error ?? "null")).toMatchObject({
      class: "crashed",
      message: expect.any(String),
    });
  });

  rule("so is one whose coordinator ended without ending the run", async (scene) => {
    for (const outcome of [COMPLETED, dead()]) {
      const { run } = await start(scene);
      await scene.settle(await claimCoordinator(scene), outcome);
      expect((await start(scene)).result).toBe("started");
      expect((await scene.run({ ids: [run] })).state).toBe("failed");
      await scene.settle(await claimCoordinator(scene), COMPLETED);
    }
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

function listingRules(rule: Rule): void {
  rule("runs are listed newest first, by definition, state and id", async (scene) => {
    const runs: RunId[] = [];
    for (const definition of ["a", "b", "a", "b", "a"]) {
      runs.push((await start(scene, { definition, instance: String(runs.length) })).run);
    }
    const [first, second, third, fourth, fifth] = runs;
    if (!first || !second) throw new Error("five runs were started");
    await move(scene, first, "completed");
    await move(scene, second, "paused");
    const ids = async (filter: Parameters<Scene["run"]>[0], limit = 10, after?: string) =>
      (await scene.store.findRuns(filter, { limit, after })).rows.map((run) => run.id);
    expect(await ids({})).toEqual([fifth, fourth, third, second, first]);
    expect(await ids({ definition: "a" })).toEqual([fifth, third, first]);
    expect(await ids({ states: ["completed", "paused"] })).toEqual([second, first]);
    expect(await ids({ definition: "a", states: ["running"] })).toEqual([fifth, third]);
    expect(await ids({ ids: [first, nextId(), second] })).toEqual([second, first]);
    expect(await ids({ ids: [] })).toEqual([]);
    expect(await ids({ states: [] })).toEqual([]);
    const page = await scene.store.findRuns({}, { limit: 2 });
    expect(page.rows.map((run) => run.id)).toEqual([fifth, fourth]);
    expect(await ids({}, 10, page.next)).toEqual([third, second, first]);
  });

  rule("runs are listed by tenant and instance too", async (scene) => {
    const given = [{}, { tenant: "acme" }, { instance: "two" }, { instance: "two", tenant: "acme" }] as const;
    const runs: RunId[] = [];
    for (const each of given) runs.push((await start(scene, each)).run);
    const [plain, ofAcme, two, twoOfAcme] = runs;
    const ids = async (filter: Parameters<Scene["run"]>[0]) =>
      (await scene.store.findRuns(filter, { limit: 10 })).rows.map((run) => run.id);
    expect(await ids({ tenant: "acme" })).toEqual([twoOfAcme, ofAcme]);
    expect(await ids({ tenant: "" })).toEqual([two, plain]);
    expect(await ids({ instance: "two" })).toEqual([twoOfAcme, two]);
    expect(await ids({ instance: "two", tenant: "", definition: "import" })).toEqual([two]);
    expect(await ids({ instance: "none" })).toEqual([]);
  });

  rule("a run shows the counters of each of its steps, folded or not", async (scene) => {
    const { run } = await start(scene);
    const held = await claimCoordinator(scene);
    const items = [item("k", "failed", { tally: { pages: 2 } })];
    await scene.save(held, { write: 1, step: { run, step: "load:all" }, items, counters: { read: 1 } });
    await scene.foldAll();
    await scene.save(held, {
      write: 2,
      step: { run, step: "__proto__" },
      counters: { spawned: 4 },
    });
    await scene.save(held, { write: 3, step: { run: nextId(), step: "load" }, counters: { other: 1 } });
    await scene.save(held, { write: 4, step: { run, step: "none" }, counters: { zero: 0 } });
    const { counters } = await scene.run({ ids: [run] });
    expect(Object.keys(counters).toSorted()).toEqual(["__proto__", "load:all"]);
    expect(Object.values(counters).find((counts) => "spawned" in counts)).toEqual({ spawned: 4 });
    expect(counters["load:all"]).toEqual({ failed: 1, pages: 2, read: 1 });
  });
}
