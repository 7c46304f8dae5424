/** The conformance suite: what the words of the store port mean, on any home. */
import { afterAll, beforeAll, describe } from "vitest";
import type { TestHome } from "../test-store.ts";
import { claimRules } from "./claim.ts";
import { enqueueRules } from "./enqueue.ts";
import { extendRules } from "./extend.ts";
import { findRules } from "./find.ts";
import { foldRules } from "./fold.ts";
import { forkRules } from "./fork.ts";
import { forkPolicyRules } from "./fork-policies.ts";
import { itemRules } from "./items.ts";
import { lifeRules } from "./life.ts";
import { moveRunRules } from "./move-run.ts";
import { progressAndLogRules } from "./progress-and-logs.ts";
import { rescueRules } from "./rescue.ts";
import { saveRules } from "./save.ts";
import { settleRules } from "./settle.ts";
import { settleFenceRules } from "./settle-fence.ts";
import { snoozeRules } from "./snooze.ts";
import { startRunRules } from "./start-run.ts";
import { transactionRules } from "./transactions.ts";
import { watchdogRules } from "./watchdog.ts";

const CHAPTERS: readonly ((home: TestHome) => void)[] = [
  enqueueRules,
  claimRules,
  extendRules,
  saveRules,
  settleRules,
  settleFenceRules,
  snoozeRules,
  forkRules,
  forkPolicyRules,
  watchdogRules,
  progressAndLogRules,
  rescueRules,
  foldRules,
  findRules,
  startRunRules,
  moveRunRules,
  itemRules,
  transactionRules,
  lifeRules,
];

/** Registers every rule for a home, with vitest; each rule plays on a store of its own. */
export function conformance(home: TestHome): void {
  describe(`store conformance: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    for (const rules of CHAPTERS) rules(home);
  });
}
