/** fast-check arbitraries of call sequences, weighted so that they get deep: jobs are claimed, end, crash and wake. */
import fc from "fast-check";
import { LEASE_MS } from "./arbitrary-values.ts";
import {
  audit,
  cancel,
  cancels,
  cascade,
  cleanUp,
  pruneAudit,
  remove,
  reprioritise,
  retry,
} from "./control-commands.ts";
import { hold, holds } from "./hold-commands.ts";
import {
  advance,
  claim,
  claimAll,
  configureQueue,
  enqueue,
  enqueueKeyed,
  enqueueReplacing,
  events,
  expire,
  extend,
  find,
  fold,
  logs,
  peek,
  rescue,
  watch,
} from "./job-commands.ts";
import {
  abortOperation,
  advanceOperation,
  countMatching,
  deadDepths,
  deadListing,
  operations,
  startOperation,
  takeOperation,
} from "./operation-commands.ts";
import {
  cancelRun,
  cleanUpRuns,
  findRuns,
  finishRun,
  items,
  moveRun,
  purgeRuns,
  removeRuns,
  startRun,
  steps,
  sweepRuns,
} from "./run-commands.ts";
import {
  dueSchedules,
  findSchedules,
  fireSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  setSchedule,
} from "./schedule-commands.ts";
import type { Sketch } from "./sketch.ts";
import { explain, registerWorkers, removeWorkers, workers } from "./worker-commands.ts";
import { save, settle, settleForked, settleHeld, snoozeHeld } from "./write-commands.ts";

/** Longest sequence, in bursts, where nothing else is said. */
export const MAX_BURSTS = 30;

/** One call. */
const single: fc.Arbitrary<Sketch> = fc.oneof(
  { weight: 8, arbitrary: claim },
  { weight: 8, arbitrary: settle },
  { weight: 5, arbitrary: enqueue },
  { weight: 5, arbitrary: save },
  { weight: 5, arbitrary: advance },
  { weight: 3, arbitrary: rescue },
  { weight: 2, arbitrary: expire },
  { weight: 1, arbitrary: configureQueue },
  { weight: 2, arbitrary: extend },
  { weight: 3, arbitrary: startRun },
  { weight: 4, arbitrary: moveRun },
  { weight: 3, arbitrary: cancel },
  { weight: 1, arbitrary: cancels },
  { weight: 2, arbitrary: cascade },
  { weight: 2, arbitrary: retry },
  { weight: 2, arbitrary: reprioritise },
  { weight: 1, arbitrary: remove },
  { weight: 1, arbitrary: cleanUp },
  { weight: 1, arbitrary: watch },
  { weight: 2, arbitrary: logs },
  { weight: 2, arbitrary: events },
  { weight: 2, arbitrary: audit },
  { weight: 1, arbitrary: pruneAudit },
  { weight: 3, arbitrary: find },
  { weight: 2, arbitrary: peek },
  { weight: 2, arbitrary: explain },
  { weight: 1, arbitrary: registerWorkers },
  { weight: 1, arbitrary: removeWorkers },
  { weight: 1, arbitrary: workers },
  { weight: 1, arbitrary: hold },
  { weight: 1, arbitrary: holds },
  { weight: 1, arbitrary: findRuns },
  { weight: 2, arbitrary: items },
  { weight: 1, arbitrary: steps },
  { weight: 2, arbitrary: sweepRuns },
  { weight: 2, arbitrary: deadListing },
  { weight: 1, arbitrary: deadDepths },
  { weight: 2, arbitrary: startOperation },
  { weight: 4, arbitrary: takeOperation },
  { weight: 4, arbitrary: advanceOperation },
  { weight: 1, arbitrary: abortOperation },
  { weight: 1, arbitrary: countMatching },
  { weight: 1, arbitrary: operations },
  { weight: 2, arbitrary: setSchedule },
  { weight: 3, arbitrary: fireSchedules },
  { weight: 1, arbitrary: removeSchedule },
  { weight: 1, arbitrary: pauseSchedule },
  { weight: 1, arbitrary: resumeSchedule },
  { weight: 1, arbitrary: findSchedules },
  { weight: 1, arbitrary: dueSchedules },
);

const anyClaim = fc.constant<Sketch>(claimAll);
const soloClaim = fc.constant<Sketch>({ ...claimAll, solo: true });
const leaseOver = fc.constant<Sketch>({ verb: "advance", ms: LEASE_MS });
/** Past the target wait of all but the last two classes. */
const targetsOver = fc.constant<Sketch>({ verb: "advance", ms: 61_000 });
const scarceClaim = fc.nat({ max: 2 }).map<Sketch>((overdue) => ({
  ...claimAll,
  wants: claimAll.wants.map((want) => ({ ...want, max: 2 })),
  overdue,
}));
const rescueAll = fc.constant<Sketch>({ verb: "rescue", limit: 10 });

const liftAll = fc.constant<Sketch>({
  verb: "configureQueue",
  queue: "mail",
  change: { paused: false, capacity: null, capacities: { default: null, high: null } },
});

/** Calls that only together lead somewhere. */
const bursts = fc.oneof(
  { weight: 24, arbitrary: burst(single) },
  { weight: 5, arbitrary: burst(fold) },
  { weight: 2, arbitrary: burst(enqueue, anyClaim, settleHeld) },
  { weight: 2, arbitrary: burst(enqueue, anyClaim, settleForked, anyClaim, settleHeld) },
  { weight: 2, arbitrary: burst(enqueueKeyed, enqueueKeyed, anyClaim, enqueueKeyed, settleHeld, anyClaim) },
  { weight: 2, arbitrary: burst(configureQueue, enqueue, enqueueKeyed, anyClaim, liftAll) },
  { weight: 2, arbitrary: burst(enqueueKeyed, leaseOver, expire, anyClaim) },
  { weight: 2, arbitrary: burst(enqueue, anyClaim, settleForked, leaseOver, expire) },
  { weight: 2, arbitrary: burst(registerWorkers, enqueueKeyed, explain) },
  {
    weight: 2,
    arbitrary: burst(hold, enqueueReplacing, anyClaim, snoozeHeld, hold, enqueueReplacing, explain),
  },
  { weight: 1, arbitrary: burst(registerWorkers, workers, removeWorkers, workers) },
  { weight: 2, arbitrary: burst(enqueueKeyed, enqueueKeyed, cancel, enqueueKeyed, anyClaim, settleHeld) },
  { weight: 2, arbitrary: burst(enqueueKeyed, anyClaim, cancel, settleHeld, anyClaim, settleHeld, retry) },
  { weight: 2, arbitrary: burst(anyClaim, leaseOver, rescueAll) },
  { weight: 2, arbitrary: burst(anyClaim, leaseOver, rescueAll, soloClaim, leaseOver, rescueAll) },
  { weight: 2, arbitrary: burst(soloClaim, settleHeld, anyClaim) },
  { weight: 2, arbitrary: burst(enqueue, claim, claim, leaseOver, rescue) },
  { weight: 2, arbitrary: burst(enqueue, targetsOver, enqueue, scarceClaim, scarceClaim) },
  { weight: 2, arbitrary: burst(enqueue, enqueueKeyed, scarceClaim, reprioritise, scarceClaim) },
  { weight: 2, arbitrary: burst(anyClaim, save, save) },
  { weight: 1, arbitrary: burst(enqueue, anyClaim, save, settle, logs) },
  { weight: 2, arbitrary: burst(anyClaim, cancel, cancels, settleHeld) },
  { weight: 2, arbitrary: burst(enqueue, anyClaim, settleForked, cancel, cascade, cascade) },
  { weight: 2, arbitrary: burst(anyClaim, cancel, save, leaseOver, rescueAll, cascade) },
  { weight: 2, arbitrary: burst(anyClaim, settleHeld, retry, anyClaim, settle) },
  { weight: 1, arbitrary: burst(anyClaim, settleForked, retry, anyClaim, settleHeld, retry, anyClaim) },
  {
    weight: 2,
    arbitrary: burst(anyClaim, settle, startOperation, takeOperation, advanceOperation, deadListing),
  },
  {
    weight: 2,
    arbitrary: burst(
      startOperation,
      takeOperation,
      advanceOperation,
      anyClaim,
      settleHeld,
      leaseOver,
      takeOperation,
    ),
  },
  { weight: 1, arbitrary: burst(startOperation, takeOperation, retry, advanceOperation, takeOperation) },
  { weight: 2, arbitrary: burst(startRun, moveRun, startRun) },
  { weight: 2, arbitrary: burst(startRun, anyClaim, save, settle, items) },
  { weight: 2, arbitrary: burst(startRun, anyClaim, save, cancelRun, settleHeld, sweepRuns, steps) },
  { weight: 1, arbitrary: burst(startRun, anyClaim, save, settleHeld, sweepRuns, moveRun) },
  {
    weight: 1,
    arbitrary: burst(startRun, anyClaim, save, settleHeld, finishRun, cleanUpRuns, purgeRuns, findRuns),
  },
  {
    weight: 1,
    arbitrary: burst(startRun, anyClaim, save, finishRun, removeRuns, purgeRuns, settleHeld, purgeRuns),
  },
  { weight: 2, arbitrary: burst(setSchedule, dueSchedules, fireSchedules, fireSchedules) },
  {
    weight: 2,
    arbitrary: burst(setSchedule, fireSchedules, anyClaim, fireSchedules, settleHeld, fireSchedules),
  },
  { weight: 1, arbitrary: burst(setSchedule, pauseSchedule, fireSchedules, resumeSchedule, dueSchedules) },
);

/** Sequences of calls of at most so many bursts; all lengths alike. */
export function sequences(maxBursts: number): fc.Arbitrary<readonly Sketch[]> {
  return fc.array(bursts, { maxLength: maxBursts, size: "max" }).map((all) => all.flat());
}

/** The calls in a row; shrinking leaves out those that are not needed. */
function burst(...calls: readonly fc.Arbitrary<Sketch>[]): fc.Arbitrary<readonly Sketch[]> {
  const parts = calls.map((call) => fc.option(call, { nil: undefined, freq: 100 }));
  return fc.tuple(...parts).map((made) => made.filter((call) => call !== undefined));
}
