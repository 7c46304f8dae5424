/** What every store refuses of a call before it changes anything, so that all refuse the same. */

import { checkActor } from "../model/actor.ts";
import type { ChildPolicy } from "../model/children.ts";
import type { ControlNote } from "../model/control-note.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { JOB_STATES, type NewJob, PRIORITIES, type Priority } from "../model/job.ts";
import { LOG_LIMITS, type LogPart } from "../model/report.ts";
import type { NewRun } from "../model/run.ts";
import type { HolderWrite, ItemOutcome, Settlement } from "../model/settlement.ts";
import type { WorkerWord } from "../model/worker.ts";
import { checkText, type Owner } from "./check-text.ts";
import type { ClaimWant } from "./job-store.ts";
import { checkSnoozeNote } from "./limit-checks.ts";
import type { QueueChange } from "./queue-store.ts";
import type { NewSchedule, ScheduleFire } from "./schedule-store.ts";
import type { CountersUnderOptions } from "./stats-store.ts";

/**
 * Checks that every text and number of these jobs can be kept exactly on every store.
 * @throws MillraceError `bad-input` naming the job and the field; nothing of the call is applied.
 */
export function checkJobs(jobs: readonly NewJob[]): void {
  for (const job of jobs) {
    const what = () => `job ${job.id}`;
    checkText(job.queue, what, "queue");
    checkText(job.name, what, "name");
    checkText(job.tenant, what, "tenant");
    checkText(job.envelope, what, "envelope");
    checkText(job.unique?.key, what, "unique key");
    checkText(job.orderingKey, what, "ordering key");
    checkWhole(job.delayMs, what, "delayMs");
    checkWhole(job.runAtMs ?? 0, what, "runAtMs");
    checkWhole(job.ttlMs ?? 0, what, "ttlMs");
    checkWhole(job.expiresAtMs ?? 0, what, "expiresAtMs");
    checkWhole(job.unique?.keepForMs ?? 0, what, "keepForMs");
    checkWhole(job.maxRescues, what, "maxRescues");
  }
}

/**
 * Checks jobs that a parent's write or a run brings, as {@link checkJobs} does.
 * @throws MillraceError `bad-usage` for a unique or an ordering key: neither may stand in a parent's way.
 */
export function checkChildren(jobs: readonly NewJob[]): void {
  checkJobs(jobs);
  for (const { id, unique, orderingKey } of jobs) {
    if (unique === undefined && orderingKey === undefined) continue;
    throw new MillraceError(
      "bad-usage",
      `job ${id} is a child or a coordinator and has a unique or an ordering key`,
    );
  }
}

/**
 * Checks a run as {@link checkJobs} checks jobs.
 * @throws MillraceError `bad-input` naming the run and the field; nothing of the call is applied.
 */
export function checkRun(run: NewRun): void {
  for (const field of ["definition", "instance", "tenant", "params"] as const) {
    checkText(run[field], () => `run ${run.id}`, field);
  }
}

/**
 * Checks a schedule as {@link checkJobs} checks jobs.
 * @throws MillraceError `bad-input` naming the schedule and the field; nothing of the call is applied.
 */
export function checkSchedule({ id, tenant, definition, nextMs }: NewSchedule): void {
  checkScheduleId(id);
  checkText(tenant, () => `schedule ${id}`, "tenant");
  checkText(definition, () => `schedule ${id}`, "definition");
  checkWhole(nextMs ?? 0, () => `schedule ${id}`, "nextMs");
}

/** @throws MillraceError `bad-input` for an id that no store can keep. */
export function checkScheduleId(id: string): void {
  checkText(id, () => `schedule ${JSON.stringify(id)}`, "id");
}

/**
 * Checks fires and their jobs as {@link checkJobs} does.
 * @throws MillraceError `bad-input` for what no store can keep; `bad-usage` for two fires of one schedule in one call.
 */
export function checkFires(fires: readonly ScheduleFire[]): void {
  const seen = new Set<string>();
  for (const { schedule, due, missed, fire, nextMs } of fires) {
    const { id } = schedule;
    if (seen.has(id)) throw new MillraceError("bad-usage", `two fires of schedule ${id} in one call`);
    seen.add(id);
    checkScheduleId(id);
    const times = [due === "manual" ? 0 : due.at, missed?.fromMs, missed?.beforeMs, fire?.fireMs, nextMs];
    for (const time of times) checkWhole(time ?? 0, () => `schedule ${id}`, "time");
  }
  checkJobs(fires.flatMap(({ fire }) => fire?.job ?? []));
}

/** Most jobs a queue's capacity can say. */
const MAX_CAPACITY = 2_147_483_647;

/**
 * Checks what is to be set for a queue.
 * @throws MillraceError `bad-input` for a name no store can keep; `bad-usage` for a capacity that is no whole number.
 */
export function checkQueueChange(queue: string, change: QueueChange): void {
  checkText(queue, () => `queue ${JSON.stringify(queue)}`, "name");
  for (const limit of [change.capacity, ...Object.values(change.capacities ?? {})]) {
    if (limit === undefined || limit === null) continue;
    if (Number.isInteger(limit) && limit >= 0 && limit <= MAX_CAPACITY) continue;
    throw new MillraceError("bad-usage", `queue "${queue}" cannot have a capacity of ${limit}`);
  }
}

const MOST_PEEKED = 1_000;

/** @throws MillraceError `bad-usage` for a limit of `peek` that is none. */
export function checkPeek(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_PEEKED) return;
  throw new MillraceError("bad-usage", `a look at ${limit} jobs; it takes 1 to ${MOST_PEEKED}`);
}

/** @throws MillraceError `bad-usage` for a prefix that ends in no colon, or minutes that nobody has kept. */
export function checkPrefix(prefix: string, { lastMinutes = 1 }: CountersUnderOptions): void {
  if (!prefix.endsWith(":"))
    throw new MillraceError("bad-usage", `prefix "${prefix}" does not end in a colon`);
  if (!Number.isInteger(lastMinutes) || lastMinutes < 1 || lastMinutes > MOST_MINUTES) {
    throw new MillraceError("bad-usage", `lastMinutes is ${lastMinutes}; it takes 1 to ${MOST_MINUTES}`);
  }
}

const MOST_MINUTES = 24 * 60;

/**
 * Checks workers' words as {@link checkJobs} checks jobs.
 * @throws MillraceError `bad-input` naming the worker and the field; nothing of the call is applied.
 */
export function checkWorkers(workers: readonly WorkerWord[]): void {
  for (const worker of workers) {
    const what = () => `worker ${worker.id}`;
    for (const field of ["name", "host", "version"] as const) checkText(worker[field], what, field);
    for (const queue of worker.queues) checkText(queue, what, "queue");
    for (const name of worker.names) checkText(name, what, "job name");
    for (const field of ["pid", "upMs", "concurrency", "running"] as const) {
      checkWhole(worker[field], what, field);
    }
  }
}

/** Most jobs of one want. */
const MAX_WANT = 10_000;

/**
 * @throws MillraceError `bad-usage` for two wants of one queue (which of them a job counts for would be chance), and for
 * a want of more than 10,000 jobs.
 */
export function checkWants(wants: readonly ClaimWant[]): void {
  if (wants.some((want) => want.max > MAX_WANT)) {
    throw new MillraceError("bad-usage", `a want of more than ${MAX_WANT} jobs`);
  }
  const queues = new Set(wants.map((want) => want.queue));
  if (queues.size < wants.length) throw new MillraceError("bad-usage", "two wants of one queue in one claim");
}

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

/** @throws MillraceError `bad-usage` for a class there is none of. */
export function checkPriority(priority: Priority): void {
  if (PRIORITIES.includes(priority)) return;
  throw new MillraceError(
    "bad-usage",
    `there is no class "${String(priority)}"; there are ${PRIORITIES.join(", ")}`,
  );
}

const MAX_REASON_LENGTH = 2_000;
const MAX_BY_LENGTH = 200;

/**
 * @throws MillraceError `bad-input` for a reason or name longer than a job's records should hold; `bad-config` for an
 * actor that is none.
 */
export function checkNote({ reason = "", by = "", actor }: ControlNote): void {
  if (actor !== undefined) checkActor("actor", actor);
  if (reason.length > MAX_REASON_LENGTH || by.length > MAX_BY_LENGTH) {
    throw new MillraceError(
      "bad-input",
      `a reason takes at most ${MAX_REASON_LENGTH} characters and a name at most ${MAX_BY_LENGTH}; shorten them`,
    );
  }
}

function checkTexts(write: HolderWrite | Settlement): void {
  const what = () => `job ${write.id}`;
  checkText(write.checkpoint, what, "checkpoint");
  checkText(write.progress, what, "progress");
  checkText(write.step?.step, what, "step");
  if (write.spawn !== undefined) checkChildren(write.spawn);
  if (write.counters !== undefined) checkCounts(write.counters, what, "counter");
  if (write.items !== undefined) for (const item of write.items) checkItem(item, what);
  if ("record" in write) checkText(write.record, what, "record");
}

function checkItem(item: ItemOutcome, what: Owner): void {
  checkText(item.key, what, "item key");
  checkText(item.stage, what, "item stage");
  checkText(item.errorClass, what, "item error class");
  checkText(item.reason, what, "item reason");
  checkText(item.message, what, "item message");
  if (item.tally !== undefined) checkCounts(item.tally, what, "tally");
}

function checkCounts(counts: Readonly<Record<string, number>>, what: Owner, field: string): void {
  for (const [name, count] of Object.entries(counts)) {
    checkText(name, what, `${field} name`);
    checkWhole(count, what, `${field} ${name}`);
  }
}

/** Every store adds these up exactly, or none may take them. */
function checkWhole(value: number, what: Owner, field: string): void {
  if (!Number.isSafeInteger(value)) {
    throw new MillraceError("bad-input", `${what()}: ${field} is ${value}; it takes a whole number`);
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
