/** What every store refuses of holders' writes before it changes anything. */

import type { ChildPolicy } from "../model/children.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { JOB_STATES } from "../model/job.ts";
import { LOG_LIMITS, type LogPart } from "../model/report.ts";
import type { HolderWrite, ItemOutcome, Settlement } from "../model/settlement.ts";
import { STEP_STATES, type StepMark } from "../model/step.ts";
import { checkChildren } from "./checks.ts";
import { checkSnoozeNote } from "./limit-checks.ts";
import { checkText, checkValue, checkWhole, type Owner } from "./value-checks.ts";

/**
 * Checks holder writes as {@link checkJobs} checks jobs.
 * @throws MillraceError `bad-input` for text or numbers no store can keep; `bad-usage` for two writes of one job in one call, or
 * for items and counters without a step.
 */
export function checkWrites(writes: readonly (HolderWrite | Settlement)[]): void {
  const seen = new Set<JobId>();
  const measured = new Set<string>();
  for (const write of writes) {
    if (seen.has(write.id))
      throw new MillraceError("bad-usage", `two writes for job ${write.id} in one call`);
    seen.add(write.id);
    if (write.step === undefined && (write.items !== undefined || write.counters !== undefined)) {
      throw new MillraceError(
        "bad-usage",
        `job ${write.id} writes items or counters without naming their step`,
      );
    }
    checkTexts(write);
    if (write.log !== undefined) checkLog(write.log, write.id);
    if ("outcome" in write) checkSettlement(write, measured);
  }
}

function checkSettlement({ id, outcome, measures }: Settlement, measured: Set<string>): void {
  if (outcome.kind === "suspended") checkPolicy(outcome.policy);
  if (outcome.kind === "snoozed" && outcome.note !== undefined)
    checkSnoozeNote(outcome.note, () => `job ${id}`);
  if (measures !== undefined) checkMeasures(id, measures, measured);
}

/**
 * Checks a policy over children.
 * @throws MillraceError `bad-usage` for a quorum that is no whole number above 0, or a percentage outside 0 to 100.
 */
export function checkPolicy(policy: ChildPolicy | undefined): void {
  if (policy?.kind === "quorum" && !(Number.isSafeInteger(policy.n) && policy.n >= 1)) {
    throw new MillraceError(
      "bad-usage",
      `a quorum of ${policy.n} children; it takes a whole number, 1 or more`,
    );
  }
  if (policy?.kind === "tolerate" && !(policy.percent >= 0 && policy.percent <= 100)) {
    throw new MillraceError("bad-usage", `tolerating ${policy.percent} % failed children; it takes 0 to 100`);
  }
}

/** What the store itself counts of a queue: a measure of that name would spoil it. */
const COUNTED: readonly string[] = [...JOB_STATES, "queued"];

/** `good`: names found good already; a call's settlements mostly measure the same. */
function checkMeasures(id: JobId, measures: Settlement["measures"] & object, good: Set<string>): void {
  for (const name of Object.keys(measures)) {
    if (good.has(name) && Number.isSafeInteger(measures[name])) continue;
    checkText(name, () => `job ${id}`, "measure");
    if (COUNTED.includes(name) || !Number.isSafeInteger(measures[name])) throw badMeasure(id, measures, name);
    good.add(name);
  }
}

function badMeasure(id: JobId, measures: Settlement["measures"] & object, name: string): MillraceError {
  return new MillraceError(
    "bad-usage",
    `job ${id} measures ${name} as ${measures[name]}; it takes a name of its own and a whole number`,
  );
}

function checkTexts(write: HolderWrite | Settlement): void {
  const what = () => `job ${write.id}`;
  checkText(write.checkpoint, what, "checkpoint");
  checkText(write.progress, what, "progress");
  checkText(write.step?.step, what, "step");
  if (write.spawn !== undefined) checkChildren(write.spawn);
  if (write.counters !== undefined) checkCounts(write.counters, what, "counter");
  if (write.items !== undefined) for (const item of write.items) checkItem(item, what);
  if (write.marks !== undefined) for (const mark of write.marks) checkMark(mark, what);
  if ("record" in write) checkText(write.record, what, "record");
}

function checkItem(item: ItemOutcome, what: Owner): void {
  checkText(item.key, what, "item key");
  checkText(item.stage, what, "item stage");
  checkText(item.errorClass, what, "item error class");
  checkText(item.reason, what, "item reason");
  checkText(item.message, what, "item message");
  checkValue(item.item, what, "item");
  checkValue(item.output, what, "item output");
  if (item.tally !== undefined) checkCounts(item.tally, what, "tally");
}

function checkMark({ step, state, starts, detail }: StepMark, what: Owner): void {
  checkText(step, what, "step");
  checkText(detail, what, "step detail");
  if (!STEP_STATES.includes(state)) {
    throw new MillraceError("bad-usage", `${what()}: step ${step} cannot be "${String(state)}"`);
  }
  if (!Number.isInteger(starts) || starts < 0 || starts > MOST_STARTS) {
    throw new MillraceError("bad-usage", `${what()}: step ${step} cannot have begun ${starts} times`);
  }
}

/** What a column of whole numbers holds. */
const MOST_STARTS = 2_147_483_647;

function checkCounts(counts: Readonly<Record<string, number>>, what: Owner, field: string): void {
  for (const [name, count] of Object.entries(counts)) {
    checkText(name, what, `${field} name`);
    checkWhole(count, what, `${field} ${name}`);
  }
}

function checkLog({ skipped, lines }: LogPart, id: JobId): void {
  if (lines.length > LOG_LIMITS.lines || !Number.isSafeInteger(skipped) || skipped < 0) {
    throw new MillraceError(
      "bad-usage",
      `job ${id} writes ${lines.length} log lines after ${skipped} skipped ones; at most ${LOG_LIMITS.lines} are taken`,
    );
  }
  for (const { line } of lines) {
    checkText(line, () => `job ${id}`, "log line");
    if (Buffer.byteLength(line) <= LOG_LIMITS.lineBytes) continue;
    throw new MillraceError(
      "bad-usage",
      `job ${id}: a log line is longer than ${LOG_LIMITS.lineBytes} bytes`,
    );
  }
}
