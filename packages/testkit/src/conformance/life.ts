/** Rules of opening, migrating and closing. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJobs } from "./builders.ts";
import { type Rule, rulesOn, SINGLE_PROCESS } from "./rule.ts";

/** What a store does before and after its work. */
export function lifeRules(home: TestHome): void {
  describe("life", () => {
    const rule = rulesOn(home);
    migrateRules(rule);
    closeRules(rule);
  });
}

function migrateRules(rule: Rule): void {
  rule("a store that is up to date has nothing to migrate, and keeps what it holds", async (scene) => {
    await scene.add();
    expect(await scene.store.migrate({ dryRun: true })).toEqual([]);
    expect(await scene.store.migrate()).toEqual([]);
    expect(await scene.ids({})).toHaveLength(1);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("overlapping migrations are as good as one", async (scene) => {
    const migrated = await Promise.all([scene.store.migrate(), scene.store.migrate(), scene.store.migrate()]);
    expect(migrated).toEqual([[], [], []]);
  });
}

function closeRules(rule: Rule): void {
  rule("closing twice is closing once", async (scene) => {
    await scene.store.close();
    await scene.store.close();
  });

  rule("a closed store refuses every verb", async (scene) => {
    await scene.store.close();
    const closed = { code: "store-closed" };
    await expect(scene.add()).rejects.toMatchObject(closed);
    await expect(scene.claim()).rejects.toMatchObject(closed);
    await expect(scene.store.rescue({ limit: 1 })).rejects.toMatchObject(closed);
    await expect(scene.ids({})).rejects.toMatchObject(closed);
  });

  rule(
    "opening again ends the leases of the process before, not its jobs",
    async (scene) => {
      await scene.store.enqueue(newJobs(3));
      const [settled, ...running] = await scene.claim();
      if (settled) await scene.settle(settled, COMPLETED);
      await scene.reopen();
      await scene.store.rescue({ limit: 10 });
      expect(await scene.queueCounts()).toEqual({ queued: 2, completed: 1 });
      for (const job of running) {
        expect(await scene.settle(job, COMPLETED)).toBe("fenced");
        expect((await scene.claimSuspect()).id).toBe(job.id);
      }
    },
    SINGLE_PROCESS,
  );
}
