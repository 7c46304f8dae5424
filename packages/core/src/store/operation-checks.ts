/** What every store refuses of operations before it changes anything, so that all refuse the same. */
import { MillraceError } from "../model/errors.ts";
import { isId } from "../model/ids.ts";
import { IN_LINE_STATES, isTerminal, JOB_STATES, type JobState } from "../model/job.ts";
import {
  type NewOperation,
  OPERATION_ACTIONS,
  type OperationAction,
  type OperationFilter,
} from "../model/operation.ts";
import type { PageOptions } from "./call.ts";
import { checkNote, checkPriority } from "./checks.ts";
import type { OperationPage } from "./operation-store.ts";
import { checkText } from "./value-checks.ts";

/** Most ids of a filter, and most jobs of a canary. */
const MOST_IDS = 1_000;

/**
 * Checks an operation.
 * @throws MillraceError `bad-usage` for a rate, canary, patch, class or states that its action does not take; `bad-input` for
 * text no store can keep.
 */
export function checkOperation(operation: NewOperation): void {
  const { id, action, filter, perSecond, canary, patch, note } = operation;
  const refuse = (why: string) => new MillraceError("bad-usage", `operation ${id}: ${why}`);
  if (!OPERATION_ACTIONS.includes(action)) throw refuse(`there is no action "${String(action)}"`);
  checkFilter(filter, action);
  if (perSecond !== undefined && !(Number.isFinite(perSecond) && perSecond > 0)) {
    throw refuse(`${perSecond} jobs a second; it takes a number above 0`);
  }
  if (action !== "retry" && (canary !== undefined || patch !== undefined)) {
    throw refuse(`only retry takes a canary or a patch, not ${action}`);
  }
  if (canary !== undefined && !isCanary(canary)) {
    throw refuse(`a canary takes 1 to ${MOST_IDS} jobs, of which 0 to 100 percent must complete`);
  }
  checkTerms(operation, refuse);
  checkText(patch, () => `operation ${id}`, "patch");
  checkNote(note);
  checkText(note.reason, () => `operation ${id}`, "reason");
  checkText(note.by, () => `operation ${id}`, "by");
}

function checkTerms({ action, priority, total }: NewOperation, refuse: (why: string) => MillraceError): void {
  if (total !== undefined && !(Number.isSafeInteger(total) && total >= 0))
    throw refuse(`a total of ${total} jobs`);
  if ((action === "reprioritise") !== (priority !== undefined))
    throw refuse(action === "reprioritise" ? "to which class?" : `${action} takes no class`);
  if (priority !== undefined) checkPriority(priority);
}

/**
 * Checks which jobs an operation is for.
 * @param action where left out: states of any kind, but not of both.
 * @throws as {@link checkOperation}
 */
export function checkFilter(filter: OperationFilter, action?: OperationAction): void {
  const { states, ids = [], run } = filter;
  if (states.length === 0 || !fits(states, action)) {
    const takes = action === undefined ? "either live or finished jobs" : TAKES[action].of;
    throw new MillraceError("bad-usage", `${action ?? "a filter"} takes one or more states of ${takes}`);
  }
  for (const state of states) {
    if (!JOB_STATES.includes(state))
      throw new MillraceError("bad-usage", `no job is ever "${String(state)}"`);
  }
  checkIds(run === undefined ? ids : [...ids, run]);
  if (ids.length > MOST_IDS) {
    throw new MillraceError("bad-usage", `a filter of ${ids.length} ids; it takes at most ${MOST_IDS}`);
  }
  for (const field of ["queue", "name", "tenant", "fingerprint"] as const) {
    checkText(filter[field], () => "the filter", field);
  }
}

/** @throws MillraceError `bad-input` */
function checkIds(ids: readonly string[]): void {
  const bad = ids.find((id) => !isId(id));
  if (bad !== undefined) throw new MillraceError("bad-input", `"${bad}" is no id`);
}

/** Checks a count's filter, and where it goes on. @throws as {@link checkFilter}; `bad-input` for a foreign cursor. */
export function checkCount(filter: OperationFilter, { after }: PageOptions): void {
  checkFilter(filter);
  if (after !== undefined) checkIds([after]);
}

function fits(states: readonly JobState[], action: OperationAction | undefined): boolean {
  const finished = states.filter(isTerminal).length;
  if (action === undefined) return finished === 0 || finished === states.length;
  return states.every(TAKES[action].takes);
}

/** What jobs each action is for. */
interface Takes {
  readonly of: string;
  takes(state: JobState): boolean;
}

const FINISHED: Takes = { of: "finished jobs", takes: isTerminal };
const TAKES: Readonly<Record<OperationAction, Takes>> = Object.freeze({
  retry: FINISHED,
  cancel: { of: "live jobs", takes: (state: JobState) => !isTerminal(state) },
  reprioritise: {
    of: "jobs in line",
    takes: (state: JobState) => IN_LINE_STATES.some((each) => each === state),
  },
  delete: FINISHED,
});

function isCanary({ jobs, minCompleted }: NewOperation["canary"] & object): boolean {
  return Number.isInteger(jobs) && jobs >= 1 && jobs <= MOST_IDS && minCompleted >= 0 && minCompleted <= 100;
}

/** @throws MillraceError `bad-usage` for a job that is in the page twice; `bad-input` for text no store can keep. */
export function checkPage({ id, members }: OperationPage): void {
  const seen = new Set<string>();
  for (const member of members) {
    const what = () => `job ${member.id} of operation ${id}`;
    if (seen.has(member.id)) throw new MillraceError("bad-usage", `${what()} is in the page twice`);
    seen.add(member.id);
    checkText(member.envelope, what, "envelope");
    checkText(member.problem, what, "problem");
  }
}
