/** Rules of delete: finished jobs that are forgotten. */
import type { JobId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJob, nextId, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Deleting by id; `clean-up.ts` holds the rules of deleting by age. */
export function deleteRules(home: TestHome): void {
  describe("delete", () => deletingRules(rulesOn(home)));
}

function deletingRules(rule: Rule): void {
  rule("completed, dead and cancelled jobs are gone for good", async (scene) => {
    const done = await scene.hold();
    await scene.settle(done, COMPLETED);
    const lost = await scene.hold();
    await scene.settle(lost, dead());
    const stopped = await scene.add();
    await scene.store.cancel([stopped.id]);
    const ids = [done.id, lost.id, stopped.id];
    expect(await scene.store.delete(ids)).toEqual(ids.map(() => "deleted"));
    expect(await scene.ids({})).toEqual([]);
    expect(await scene.ids({ ids })).toEqual([]);
    expect(await scene.store.delete(ids)).toEqual(ids.map(() => "not-found"));
    expect(await scene.store.retry(ids)).toEqual(ids.map(() => "not-found"));
    expect(await scene.settle(done, COMPLETED)).toBe("fenced");
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 1, cancelled: 1 });
  });

  rule("live jobs stay", async (scene) => {
    const waiting = await scene.hold();
    await scene.settle(waiting, suspended(), { spawn: [newJob({ queue: "elsewhere" })] });
    const running = await scene.hold();
    const ready = await scene.add();
    const later = await scene.add({ delayMs: 1_000 });
    const ids = [waiting.id, running.id, ready.id, later.id];
    expect(await scene.store.delete([...ids, nextId<JobId>()])).toEqual([
      ...ids.map(() => "still-live"),
      "not-found",
    ]);
    expect((await scene.ids({ ids })).sort()).toEqual([...ids].sort());
  });

  rule("an id met twice is answered twice", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, COMPLETED);
    expect(await scene.store.delete([held.id, held.id])).toEqual(["deleted", "deleted"]);
    expect(await scene.store.delete([])).toEqual([]);
  });

  rule("a deleted id may be used again, also by a re-send", async (scene) => {
    const job = await scene.add();
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.store.delete([job.id]);
    expect(await scene.store.enqueue([job], { resend: true })).toEqual([{ id: job.id, result: "created" }]);
    expect(await scene.ids({})).toEqual([job.id]);
  });
}
