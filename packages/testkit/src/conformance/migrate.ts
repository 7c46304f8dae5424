/** Rules of migrating. Opening and closing belong to each adapter's own tests: homes may share what stores open. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { rulesOn } from "./rule.ts";

/** What a store that is open already is asked again. */
export function migrateRules(home: TestHome): void {
  describe("migrate", () => {
    const rule = rulesOn(home);
    rule("a store that is up to date has nothing to migrate, and keeps what it holds", async (scene) => {
      await scene.add();
      expect(await scene.store.migrate()).toEqual([]);
      expect(await scene.ids({})).toHaveLength(1);
      expect(await scene.queueCounts()).toEqual({ queued: 1 });
    });

    rule("overlapping migrations are as good as one", async (scene) => {
      const migrated = await Promise.all([
        scene.store.migrate(),
        scene.store.migrate(),
        scene.store.migrate(),
      ]);
      expect(migrated).toEqual([[], [], []]);
    });
  });
}
