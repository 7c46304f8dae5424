/** The reference model: every verb of the port as a pure function from one state to the next. */
import { audited, auditOf, pruneAudit } from "./audit.ts";
import type { Call } from "./call.ts";
import { claim } from "./claim.ts";
import { cancel, cancelsOf, cascade, cleanUp, deleteJobs, retry } from "./control.ts";
import { deadDepthsOf, deadGroupsOf, deadLettersOf } from "./dead.ts";
import { enqueue } from "./enqueue.ts";
import { expire } from "./expire.ts";
import { factsOf } from "./explain.ts";
import { byJob } from "./happened.ts";
import { save, settle } from "./holder-write.ts";
import { hold, holdsOf } from "./holds.ts";
import { extend, rescue } from "./lease.ts";
import { itemsOf } from "./ledger.ts";
import { jobsOf, logOf, peeked } from "./listing.ts";
import {
  abortOperation,
  advanceOperation,
  membersOf,
  operationsOf,
  startOperation,
  takeOperation,
} from "./operations.ts";
import { configureQueue } from "./queues.ts";
import { cleanUpRuns, removeRuns } from "./removed-runs.ts";
import { reprioritise } from "./reprioritise.ts";
import { moveRun, runsOf, startRun, sweepRuns } from "./run.ts";
import {
  dueSchedules,
  fireSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  schedulesOf,
  setSchedule,
} from "./schedule.ts";
import { type Answer, advance, type ModelState } from "./state.ts";
import { stepsOf } from "./steps.ts";
import { registerWorkers, removeWorkers, workersOf } from "./workers.ts";

/** What the model says to a call; of listings all rows, of `fold` nothing (journal rows are the store's own). */
export function answerOf(state: ModelState, call: Call): Answer<unknown> {
  return audited(state, answered(state, call), call);
}

function answered(state: ModelState, call: Call): Answer<unknown> {
  switch (call.verb) {
    case "advance":
      return { state: advance(state, call.ms), answer: undefined };
    case "enqueue":
      return enqueue(state, call.jobs, call.resend);
    case "claim":
      return claim(state, call.wants, call);
    case "extend":
      return extend(state, call.leases, call.leaseMs);
    case "save":
      return save(state, call.writes);
    case "settle":
      return settle(state, call.settlements);
    case "rescue":
      return rescue(state, call.limit);
    case "expire":
      return expire(state, call.limit);
    case "configureQueue":
      return configureQueue(state, call.queue, call.change);
    case "watch":
      return { state, answer: { repaired: 0, stranded: [] } }; // in the model no child is ever lost
    case "cancel":
      return cancel(state, call.ids, call.note);
    case "cancels":
      return { state, answer: cancelsOf(state, call.leases) };
    case "cascade":
      return cascade(state, call.limit);
    case "retry":
      return retry(state, call.ids, call.note);
    case "reprioritise":
      return reprioritise(state, call.ids, call.priority);
    case "delete":
      return deleteJobs(state, call.ids);
    case "cleanUp":
      return cleanUp(state, call);
    case "fold":
      return { state, answer: undefined };
    case "events":
      return { state, answer: byJob(state.events) };
    case "audit":
      return { state, answer: auditOf(state) };
    case "pruneAudit":
      return pruneAudit(state, call.olderThanMs);
    case "find":
      return { state, answer: jobsOf(state, call.filter) };
    case "peek":
      return { state, answer: peeked(state, call.queue, call.options) };
    case "logs":
      return { state, answer: logOf(state, call.job) };
    case "explain":
      return { state, answer: factsOf(state, call.ids) };
    case "registerWorkers":
      return registerWorkers(state, call.workers, call.forMs);
    case "removeWorkers":
      return removeWorkers(state, call.ids);
    case "workers":
      return { state, answer: workersOf(state) };
    case "hold":
      return hold(state, call.holds);
    case "holds":
      return { state, answer: holdsOf(state, call.filter) };
    case "startRun":
      return startRun(state, call.run, call.coordinator);
    case "moveRun":
      return moveRun(state, call.move);
    case "findRuns":
      return { state, answer: runsOf(state, call.filter) };
    case "sweepRuns":
      return sweepRuns(state, call.limit);
    case "removeRuns":
      return removeRuns(state, call.ids);
    case "cleanUpRuns":
      return cleanUpRuns(state, call);
    case "purgeRuns":
      return { state, answer: undefined }; // in the model nothing is left of a removed run
    case "steps":
      return { state, answer: stepsOf(state, call.filter) };
    case "items":
      return { state, answer: itemsOf(state, call.filter) };
    case "deadLetters":
      return { state, answer: deadLettersOf(state, call.filter) };
    case "deadGroups":
      return { state, answer: deadGroupsOf(state, call.filter) };
    case "deadDepths":
      return { state, answer: deadDepthsOf(state, call.atMost) };
    case "startOperation":
      return startOperation(state, call.operation);
    case "takeOperation":
      return takeOperation(state, call);
    case "advanceOperation":
      return advanceOperation(state, call.page);
    case "abortOperation":
      return abortOperation(state, call.operation, call.note);
    case "countMatching":
      return { state, answer: membersOf(state, call.filter, state.nowMs).length };
    case "operations":
      return { state, answer: operationsOf(state, call.filter) };
    default:
      return answerOnSchedules(state, call);
  }
}

/** The calls about schedules. */
type ScheduleCall = Extract<Call, { readonly verb: `${string}Schedule` | `${string}Schedules` }>;

function answerOnSchedules(state: ModelState, call: ScheduleCall): Answer<unknown> {
  switch (call.verb) {
    case "setSchedule":
      return setSchedule(state, call.schedule);
    case "removeSchedule":
      return removeSchedule(state, call.id);
    case "pauseSchedule":
      return pauseSchedule(state, call.id);
    case "resumeSchedule":
      return resumeSchedule(state, call.schedule, call.nextMs);
    case "findSchedules":
      return { state, answer: schedulesOf(state, call.filter) };
    case "dueSchedules":
      return { state, answer: dueSchedules(state, call.limit) };
    case "fireSchedules":
      return fireSchedules(state, call.fires);
  }
}
