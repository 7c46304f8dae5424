/** Rules of what operations do to their jobs, on trial first where they are told to. */
import type { JobId, NewOperation } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJobs, retry } from "./builders.ts";
import { die } from "./dead.ts";
import { apply, DEAD, newOperation, operation, start, taken, work } from "./operation-pages.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Of actions and canaries. */
export function operationActionRules(home: TestHome): void {
  describe("operations", () => {
    const rule = rulesOn(home);
    describe("actions", () => actionRules(rule));
    describe("canaries", () => canaryRules(rule));
  });
}

const ids = (jobs: readonly { readonly id: JobId }[]) => jobs.map(({ id }) => id);

function actionRules(rule: Rule): void {
  rule(
    "retry runs jobs again with the note, and with other envelopes where it is given them",
    async (scene) => {
      const held = await die(scene, 2, { envelope: "0old" });
      const id = await start(scene, { patch: '{"a":1}', note: { reason: "fixed", by: "ann" } });
      const turn = await taken(scene);
      expect(turn.members.map(({ envelope }) => envelope)).toEqual(["0old", "0old"]);
      const members = turn.members.map((member, index) => ({
        ...member,
        envelope: index === 0 ? '0{"new":"\\u0000é😀"}' : undefined,
      }));
      expect(await apply(scene, { ...turn, members })).toBe("applied");
      const [first, second] = await Promise.all(held.map((job) => scene.row(job.id)));
      expect(first).toMatchObject({ state: "ready", generation: 2, envelope: '0{"new":"\\u0000é😀"}' });
      expect(first?.records).toContain('{"kind":"replayed","reason":"fixed","by":"ann"}');
      expect(second).toMatchObject({ state: "ready", generation: 2, envelope: "0old" });
      expect(await operation(scene, id)).toMatchObject({ done: 2 });
    },
  );

  rule("pages with a patch are small, for envelopes may be large", async (scene) => {
    await die(scene, 60);
    await start(scene, { patch: "{}" });
    expect(await work(scene)).toEqual([50, 10]);
  });

  rule("a job that cannot be treated stays as it is, is counted, and said why", async (scene) => {
    const held = await die(scene, 25);
    const id = await start(scene);
    const turn = await taken(scene);
    const members = turn.members.map((member, index) =>
      index === 3 ? member : { ...member, problem: `input of ${member.id}` },
    );
    await apply(scene, { ...turn, members });
    const row = await operation(scene, id);
    expect(row).toMatchObject({ state: "completed", done: 1, skipped: 0, failed: 24 });
    expect(row.problems).toHaveLength(20);
    expect(row.problems[0]).toEqual({ job: held[0]?.id, message: `input of ${held[0]?.id}` });
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(24);
  });

  rule("delete forgets jobs, of the states asked for only", async (scene) => {
    const held = await die(scene, 2);
    const done = await scene.hold();
    await scene.settle(done, COMPLETED);
    await start(scene, { action: "delete" });
    await work(scene);
    expect(await scene.ids({})).toEqual([done.id]);
    await start(scene, { action: "delete", filter: { states: ["completed", "dead"] } });
    await work(scene);
    expect(await scene.ids({})).toEqual([]);
    expect(await scene.store.retry(ids(held))).toEqual(["not-found", "not-found"]);
  });

  rule("cancel ends jobs in line, and flags those that run", async (scene) => {
    const running = await scene.hold();
    const line = newJobs(2, { queue: "line" });
    await scene.store.enqueue(line);
    const later = await scene.add({ queue: "line", delayMs: 60_000 });
    const states = ["ready", "running"] as const;
    const id = await start(scene, { action: "cancel", filter: { states }, note: { reason: "wrong" } });
    await scene.advance(1);
    const after = await scene.add({ queue: "line" });
    expect(await work(scene)).toEqual([3]);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 3 });
    expect(await scene.ids({ states: ["cancelled"] })).toEqual(ids(line).reverse());
    expect(await scene.settle(running, COMPLETED)).toBe("applied-as-cancelled");
    expect((await scene.row(later.id)).state).toBe("scheduled");
    expect((await scene.row(after.id)).state).toBe("ready");
  });

  rule("reprioritise moves jobs in line to its class, and skips those that are of it", async (scene) => {
    const running = await scene.hold();
    const line = newJobs(3, { queue: "line" });
    await scene.store.enqueue([...line, ...newJobs(1, { queue: "line", priority: "high" })]);
    const filter = { states: ["ready", "scheduled", "retrying"] } as const;
    const id = await start(scene, { action: "reprioritise", filter, priority: "high" });
    const turn = await taken(scene);
    expect(turn.operation.priority).toBe("high");
    await scene.claim({ queue: "line", max: 1, priorities: ["default"] });
    expect(await apply(scene, turn)).toBe("applied");
    expect(await operation(scene, id)).toMatchObject({
      ...{ state: "completed", priority: "high" },
      ...{ done: 2, skipped: 2, failed: 0 },
    });
    expect(await scene.queueCounts("line", "high")).toEqual({ queued: 3 });
    expect(await scene.queueCounts("line")).toEqual({ running: 1 });
    expect((await scene.row(running.id)).priority).toBe("default");
  });

  rule("what an action does not take is refused, and nothing is started", async (scene) => {
    const bad: readonly Partial<NewOperation>[] = [
      { filter: { states: [] } },
      { filter: { states: ["ready"] } },
      { filter: { states: ["lost" as "dead"] } },
      { action: "cancel", filter: { states: ["lost" as "ready"] } },
      { action: "cancel", filter: DEAD },
      { action: "delete", canary: { jobs: 1, minCompleted: 100 } },
      { action: "cancel", filter: { states: ["ready"] }, patch: "{}" },
      { priority: "high" },
      { action: "reprioritise", filter: { states: ["ready"] } },
      { action: "reprioritise", filter: { states: ["ready", "running"] }, priority: "high" },
      { action: "reprioritise", filter: { states: ["ready"] }, priority: "urgent" as "high" },
      { canary: { jobs: 0, minCompleted: 100 } },
      { canary: { jobs: 1, minCompleted: 101 } },
      { perSecond: 0 },
      { perSecond: Number.NaN },
    ];
    for (const given of bad) {
      await expect(scene.store.startOperation(newOperation(given))).rejects.toMatchObject({
        code: "bad-usage",
      });
    }
    const badText: readonly object[] = [{ queue: "\0" }, { ids: ["x"] }, { run: "x" }];
    for (const filter of badText) {
      const operation = newOperation({ filter: { ...DEAD, ...filter } });
      await expect(scene.store.startOperation(operation)).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await scene.store.operations({}, { limit: 10 })).rows).toEqual([]);
  });
}

function canaryRules(rule: Rule): void {
  const canary = { jobs: 2, minCompleted: 50 };

  rule(
    "the rest waits until the first jobs have ended, and goes on where enough completed",
    async (scene) => {
      const held = await die(scene, 5);
      const id = await start(scene, { canary });
      expect(await work(scene)).toEqual([2]);
      expect(await operation(scene, id)).toMatchObject({
        state: "canary",
        canaryJobs: ids(held.slice(0, 2)),
      });
      const [first, second] = await scene.claim();
      if (first === undefined || second === undefined) throw new Error("two were to be claimed");
      await scene.settle(first, COMPLETED);
      await scene.settle(second, retry(0));
      await scene.advance(1_000);
      expect(await work(scene)).toEqual([]);
      await scene.settle(await scene.claimOne(), dead());
      await scene.advance(999);
      expect(await work(scene)).toEqual([]);
      await scene.advance(1);
      expect(await work(scene)).toEqual([3]);
      expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 5, isCanaryPassed: true });
    },
  );

  rule("where too few completed the operation fails, and the rest stays", async (scene) => {
    await die(scene, 5);
    const id = await start(scene, { canary });
    await work(scene);
    await scene.settleAll(await scene.claim(), dead());
    await scene.advance(1_000);
    expect(await work(scene)).toEqual([]);
    const row = await operation(scene, id);
    expect(row).toMatchObject({ state: "failed", done: 2, isCanaryPassed: false });
    expect(row.error).toBe("of the canary's 2 jobs 0 completed; 1 had to");
    expect(await scene.ids({ states: ["dead"] })).toHaveLength(5);
  });

  rule("fewer jobs than the canary asks for decide as well", async (scene) => {
    await die(scene, 1);
    const id = await start(scene, { canary });
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "canary" });
    await scene.settleAll(await scene.claim(), COMPLETED);
    await scene.advance(1_000);
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 1 });
  });

  rule("none at all end it", async (scene) => {
    const id = await start(scene, { canary });
    await work(scene);
    expect(await operation(scene, id)).toMatchObject({ state: "completed", done: 0 });
  });
}
