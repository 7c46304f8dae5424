/** What running a batch promises, on any home. */
import { afterAll, beforeAll, describe } from "vitest";
import type { TestHome } from "../test-store.ts";
import { type FailpointOptions, failpointRules } from "./failpoints.ts";
import { itemRules } from "./items.ts";
import { restartRules } from "./restarts.ts";
import { runRules } from "./runs.ts";
import { taskRules } from "./tasks.ts";

/** Registers every rule for a home, with vitest. */
export function batchRules(home: TestHome, options: FailpointOptions): void {
  describe(`batch: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    itemRules(home);
    runRules(home);
    taskRules(home);
    restartRules(home);
    failpointRules(home, options);
  });
}
