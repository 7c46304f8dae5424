/** Rules of `explain` for jobs that are not in line: held, waiting for children, ended. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, LEASE_MS, newJobs, nextId, suspended, under, WAIT_ALL } from "./builders.ts";
import { explained } from "./explained.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Of jobs that are held, wait or have ended. */
export function explainMoveRules(home: TestHome): void {
  describe("explain", () => {
    const rule = rulesOn(home);
    describe("jobs that are held or wait", () => heldRules(rule));
    describe("jobs that have ended", () => endedRules(rule));
  });
}

function heldRules(rule: Rule): void {
  rule("running since when, by whom, under a lease until when", async (scene) => {
    const job = await scene.hold();
    await scene.advance(1_000);
    const { nowMs } = (await scene.store.explain([job.id]))[0] ?? { nowMs: 0 };
    const since = new Date(nowMs - 1_000).toISOString();
    const until = new Date(nowMs - 1_000 + LEASE_MS).toISOString();
    expect(await explained(scene, job.id)).toEqual({
      id: job.id,
      state: "running",
      since,
      reasons: [
        {
          code: "running",
          worker: "worker-1",
          since,
          until,
          says: `held since ${since} (1000 ms ago) by worker worker-1 under a lease until ${until} (in 9 s)`,
        },
      ],
    });
    await scene.advance(LEASE_MS);
    expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "lease-over", at: until }]);
  });

  rule("being cancelled, with the reason given", async (scene) => {
    const job = await scene.hold();
    await scene.store.cancel([job.id], { reason: "wrong model", by: "ann" });
    const { reasons } = await explained(scene, job.id);
    expect(reasons).toMatchObject([
      { code: "cancelling", reason: "wrong model", by: "ann" },
      { code: "running", worker: "worker-1" },
    ]);
    expect(reasons[0]?.says).toBe("it was cancelled by ann (wrong model); its handler has been told to stop");
  });

  rule("waiting for which children, under which condition", async (scene) => {
    const children = newJobs(12, { queue: "children" });
    const parent = await scene.hold();
    await scene.settle(parent, under(WAIT_ALL), { spawn: children });
    const [done, failed] = await scene.claim({ queue: "children", max: 2 });
    if (done === undefined || failed === undefined) throw new Error("two were claimed");
    await scene.settle(done, COMPLETED);
    await scene.settle(failed, dead());
    const ids = children.map(({ id }) => id).filter((id) => id !== done.id && id !== failed.id);
    expect(await explained(scene, parent.id)).toMatchObject({
      state: "waiting",
      reasons: [
        {
          code: "waits-for-children",
          unfinished: 10,
          completed: 1,
          failed: 1,
          condition: WAIT_ALL,
          children: ids.sort(),
        },
      ],
    });
    const threshold = await scene.hold();
    await scene.settle(threshold, suspended(1), { spawn: newJobs(2, { queue: "children" }) });
    expect((await explained(scene, threshold.id)).reasons).toMatchObject([
      { unfinished: 2, condition: { kind: "threshold", wakeAt: 1 } },
    ]);
  });
}

function endedRules(rule: Rule): void {
  rule("completed, dead and why, cancelled and why, expired", async (scene) => {
    const [completed, failed] = [await scene.hold(), await scene.hold()];
    const error = { class: "validation", name: "Error", message: "no such page", fingerprint: "f" };
    await scene.settle(completed, COMPLETED);
    await scene.settle(failed, dead(), {
      record: JSON.stringify({ worker: "w", durationMs: 1, outcome: "dead", error }),
    });
    const cancelled = await scene.add();
    await scene.store.cancel([cancelled.id], { reason: "not needed" });
    const expired = await scene.add({ ttlMs: 1 });
    await scene.advance(1);
    await scene.store.expire({ limit: 10 });
    expect((await explained(scene, completed.id)).reasons).toMatchObject([
      { code: "completed", attempts: 1 },
    ]);
    expect((await explained(scene, failed.id)).reasons).toMatchObject([
      { code: "dead", attempts: 1, error: "validation: no such page" },
    ]);
    expect((await explained(scene, cancelled.id)).reasons).toMatchObject([
      { code: "cancelled", error: "cancelled: not needed" },
    ]);
    expect(await explained(scene, expired.id)).toMatchObject({
      state: "expired",
      since: new Date((await scene.row(expired.id)).finishedAtMs ?? 0).toISOString(),
      reasons: [{ code: "expired" }],
    });
  });

  rule(
    "a job that lives again is explained as it is now; unknown ids and repeated ones are nothing",
    async (scene) => {
      const job = await scene.hold();
      await scene.settle(job, dead());
      await scene.store.retry([job.id]);
      const facts = await scene.store.explain([nextId(), job.id, job.id]);
      expect(facts.map(({ id, state }) => ({ id, state }))).toEqual([{ id: job.id, state: "ready" }]);
      expect(await scene.store.explain([])).toEqual([]);
    },
  );
}
