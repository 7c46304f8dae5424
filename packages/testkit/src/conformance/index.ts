/** The conformance suite: what the words of the store port mean, on any home. */
import { afterAll, beforeAll, describe } from "vitest";
import type { TestHome } from "../test-store.ts";
import { ageingRules } from "./ageing.ts";
import { auditRules } from "./audit.ts";
import { auditActRules } from "./audit-acts.ts";
import { auditChainRules } from "./audit-chain.ts";
import { cancelRules } from "./cancel.ts";
import { cancelTreeRules } from "./cancel-tree.ts";
import { claimRules } from "./claim.ts";
import { claimStayRules } from "./claim-stays.ts";
import { cleanUpRules } from "./clean-up.ts";
import { completionRules } from "./completions.ts";
import { deadRules } from "./dead.ts";
import { deleteRules } from "./delete.ts";
import { enqueueRules } from "./enqueue.ts";
import { eventRules } from "./events.ts";
import { expireRules } from "./expire.ts";
import { explainRules } from "./explain.ts";
import { explainLimitRules } from "./explain-limits.ts";
import { explainMoveRules } from "./explain-moves.ts";
import { extendRules } from "./extend.ts";
import { findRules } from "./find.ts";
import { fireByHandRules } from "./fire-by-hand.ts";
import { fireOverlapRules } from "./fire-overlap.ts";
import { fireRunRules } from "./fire-runs.ts";
import { fireRules } from "./fires.ts";
import { foldRules } from "./fold.ts";
import { forkRules } from "./fork.ts";
import { forkControlRules } from "./fork-control.ts";
import { forkPolicyRules } from "./fork-policies.ts";
import { holdRules } from "./hold.ts";
import { itemCounterRules } from "./item-counters.ts";
import { itemListingRules } from "./item-listing.ts";
import { itemReplacementRules } from "./item-replacement.ts";
import { itemRules } from "./items.ts";
import { keyEndRules } from "./key-ends.ts";
import { lifeRules } from "./life.ts";
import { listRunRules } from "./list-runs.ts";
import { moveRunRules } from "./move-run.ts";
import { offerRules } from "./offers.ts";
import { operationActionRules } from "./operation-actions.ts";
import { operationRules } from "./operations.ts";
import { orderingRules } from "./ordering.ts";
import { peekRules } from "./peek.ts";
import { progressAndLogRules } from "./progress-and-logs.ts";
import { purgeRunRules } from "./purge-runs.ts";
import { queueSettingRules } from "./queue-settings.ts";
import { removeRunRules } from "./remove-runs.ts";
import { replayRules } from "./replay.ts";
import { reprioritiseRules } from "./reprioritise.ts";
import { rescueRules } from "./rescue.ts";
import { restartRunRules } from "./restart-run.ts";
import { saveRules } from "./save.ts";
import { scheduleRules } from "./schedules.ts";
import { settleRules } from "./settle.ts";
import { settleFenceRules } from "./settle-fence.ts";
import { snoozeRules } from "./snooze.ts";
import { startRunRules } from "./start-run.ts";
import { startRunAgainRules } from "./start-run-again.ts";
import { statsRules } from "./stats.ts";
import { stepFenceRules } from "./step-fence.ts";
import { stepRules } from "./steps.ts";
import { sweepRunRules } from "./sweep-runs.ts";
import { transactionRules } from "./transactions.ts";
import { uniqueRules } from "./unique.ts";
import { valueRules } from "./values.ts";
import { watchdogRules } from "./watchdog.ts";
import { workerRules } from "./workers.ts";

export { claimRules, forkRules, saveRules, settleFenceRules, settleRules };

/** The rules of a verb, registered for a home. */
export type Chapter = (home: TestHome) => void;

const CHAPTERS: readonly Chapter[] = [
  enqueueRules,
  uniqueRules,
  orderingRules,
  queueSettingRules,
  claimRules,
  claimStayRules,
  ageingRules,
  extendRules,
  saveRules,
  settleRules,
  settleFenceRules,
  completionRules,
  snoozeRules,
  forkRules,
  forkPolicyRules,
  forkControlRules,
  watchdogRules,
  progressAndLogRules,
  rescueRules,
  offerRules,
  expireRules,
  foldRules,
  eventRules,
  statsRules,
  findRules,
  peekRules,
  workerRules,
  holdRules,
  explainRules,
  explainLimitRules,
  explainMoveRules,
  cancelRules,
  cancelTreeRules,
  keyEndRules,
  replayRules,
  reprioritiseRules,
  deleteRules,
  cleanUpRules,
  auditRules,
  auditActRules,
  auditChainRules,
  deadRules,
  operationRules,
  operationActionRules,
  startRunRules,
  startRunAgainRules,
  listRunRules,
  moveRunRules,
  restartRunRules,
  sweepRunRules,
  removeRunRules,
  purgeRunRules,
  stepRules,
  stepFenceRules,
  itemRules,
  itemReplacementRules,
  itemCounterRules,
  itemListingRules,
  scheduleRules,
  fireRules,
  fireOverlapRules,
  fireByHandRules,
  fireRunRules,
  transactionRules,
  valueRules,
  lifeRules,
];

/** Registers every rule of the chapters (all) for a home, with vitest; each rule plays on a store of its own. */
export function conformance(home: TestHome, chapters: readonly Chapter[] = CHAPTERS): void {
  describe(`store conformance: ${home.name}`, () => {
    beforeAll(() => home.start());
    afterAll(() => home.stop());
    for (const rules of chapters) rules(home);
  });
}
