/** What every store refuses of a call before it changes anything, so that all refuse the same. */

import { checkActor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import { MillraceError } from "../model/errors.ts";
import { type NewJob, PRIORITIES, type Priority } from "../model/job.ts";
import type { WorkerWord } from "../model/worker.ts";
import type { ClaimWant } from "./job-store.ts";
import type { QueueChange } from "./queue-store.ts";
import type { CountersUnderOptions } from "./stats-store.ts";
import { checkText, checkWhole } from "./value-checks.ts";

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
