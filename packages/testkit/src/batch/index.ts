/** What running a batch promises, on any home. */
import { afterAll, beforeAll, describe } from "vitest";
import type { TestHome } from "../test-store.ts";
import { type FailpointOptions, failpointRules } from "./failpoints.ts";
import { forgottenJobRules } from "./forgotten-jobs.ts";
import { givenUpRules } from "./given-up.ts";
import { itemRules } from "./items.ts";
import { lateItemRules } from "./late-items.ts";
import { refusedWriteRules } from "./refused-writes.ts";
import { replayedChunkRules } from "./replays.ts";
import { restartRules } from "./restarts.ts";
import { runRules } from "./runs.ts";
import { taskRules } from "./tasks.ts";

/** Registers every rule for a home, with vitest. */
export function batchRules(home: TestHome, options: FailpointOptions): void {
  describe(`batch: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    itemRules(home);
    givenUpRules(home);
    lateItemRules(home);
    refusedWriteRules(home);
    runRules(home);
    taskRules(home);
    restartRules(home);
    forgottenJobRules(home);
    replayedChunkRules(home);
    failpointRules(home, options);
  });
}
