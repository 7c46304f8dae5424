/** The verbs of operations over everything they touch. */
import type { ControlNote } from "../model/control-note.ts";
import type { JobId, OperationId } from "../model/ids.ts";
import {
  abortError,
  afterCanary,
  afterPage,
  isFinishedOperation,
  type NewOperation,
  type OperationFilter,
  type OperationRow,
  pageSize,
} from "../model/operation.ts";
import { operationAbortedEntries, operationStartedEntries } from "../model/operation-entries.ts";
import type { PageOptions } from "../store/call.ts";
import type {
  OperationMember,
  OperationPage,
  OperationTurn,
  OperationWork,
  TakeOptions,
} from "../store/operation-store.ts";
import { cancel } from "./cancel.ts";
import type { Job } from "./job.ts";
import type { Memory } from "./memory.ts";
import type { Kept } from "./operations.ts";
import { deleteJobs, retryAs } from "./replay.ts";
import { reprioritise } from "./reprioritise.ts";
import { isMeant, selected } from "./selection.ts";

/** The port's startOperation. */
export function startOperation(memory: Memory, operation: NewOperation): "started" | "exists" {
  if (memory.operations.get(operation.id) !== undefined) return "exists";
  const now = memory.clock.now();
  memory.operations.add(operation, now);
  memory.audit.append(operationStartedEntries(operation), now);
  return "started";
}

/** The port's takeOperation. */
export function takeOperation(memory: Memory, options: TakeOptions): OperationTurn | undefined {
  const { operations, clock } = memory;
  const now = clock.now();
  const next = () => operations.firstDue(now, options.only);
  for (let kept = next(); kept; kept = next()) {
    if (kept.row.state === "running")
      return turnOf(memory, operations.lend(kept, now + options.leaseMs), options);
    operations.move(kept, afterCanary(kept.row, canaryTally(memory, kept.row)), { now, cursor: undefined });
  }
  return undefined;
}

function canaryTally(memory: Memory, { canaryJobs }: OperationRow) {
  const isCompleted = (id: JobId) => {
    const phase = memory.jobs.get(id)?.phase;
    return phase?.kind === "ended" && phase.state === "completed";
  };
  return {
    live: canaryJobs.filter((id) => memory.jobs.isLive(id)).length,
    completed: canaryJobs.filter(isCompleted).length,
  };
}

function turnOf(memory: Memory, { row, cursor }: Kept, { limit }: { readonly limit: number }): OperationTurn {
  const most = pageSize(row, limit);
  const jobs = selected(memory, { filter: row.filter, beganAtMs: row.createdAtMs, after: cursor });
  const members: OperationMember[] = [];
  for (const job of jobs) {
    members.push(memberOf(job, row));
    if (members.length === most) break;
  }
  return { operation: row, members, reached: members.at(-1)?.id, isLast: members.length < most };
}

function memberOf({ id, generation, name, envelope }: Job, { patch }: OperationRow): OperationMember {
  return { id, generation, name, ...(patch === undefined ? {} : { envelope }) };
}

/** The port's advanceOperation. */
export function advanceOperation(memory: Memory, page: OperationPage): "applied" | "fenced" {
  const kept = memory.operations.get(page.id);
  if (kept === undefined || kept.row.state !== "running" || kept.row.turn !== page.turn) return "fenced";
  const now = memory.clock.now();
  const work = page.members.filter(({ problem }) => problem === undefined);
  const done = act(memory, kept.row, work);
  const problems = page.members.flatMap(({ id, problem }) =>
    problem === undefined ? [] : { job: id, message: problem },
  );
  const effect = { done, skipped: work.length - done.length, problems, isLast: page.isLast };
  memory.operations.move(kept, afterPage(kept.row, effect), { now, cursor: page.reached });
  return "applied";
}

/** Does what the operation is for; gives the jobs it took effect on. */
function act(memory: Memory, row: OperationRow, work: readonly OperationWork[]): readonly JobId[] {
  const of = { filter: row.filter, beganAtMs: row.createdAtMs, now: memory.clock.now() };
  const unchanged = work.filter(({ id, generation }) => {
    const job = memory.jobs.get(id);
    return job !== undefined && job.generation === generation && isMeant(job, of);
  });
  const answers = answersOf(memory, row, unchanged);
  return unchanged.flatMap(({ id }, index) => (TOOK_EFFECT.has(answers[index] ?? "") ? id : []));
}

function answersOf(memory: Memory, row: OperationRow, work: readonly OperationWork[]): readonly string[] {
  const ids = work.map(({ id }) => id);
  switch (row.action) {
    case "retry":
      return retryAs(memory, work, row.note);
    case "cancel":
      return cancel(memory, ids, row.note);
    case "reprioritise":
      return row.priority === undefined
        ? []
        : reprioritise(memory, ids, { priority: row.priority, note: row.note });
    case "delete":
      return deleteJobs(memory, ids, row.note);
  }
}

const TOOK_EFFECT: ReadonlySet<string> = new Set([
  "replayed",
  "made-ready",
  "cancelled",
  "cancelling",
  "changed",
  "deleted",
]);

/** The port's abortOperation. */
export function abortOperation(
  memory: Memory,
  id: OperationId,
  note: ControlNote,
): "aborted" | "already-finished" | "not-found" {
  const kept = memory.operations.get(id);
  if (kept === undefined) return "not-found";
  if (isFinishedOperation(kept.row.state)) return "already-finished";
  const now = memory.clock.now();
  memory.audit.append(operationAbortedEntries(note, kept.row), now);
  memory.operations.abort(kept, abortError(note), now);
  return "aborted";
}

/** The port's countMatching. */
export function countMatching(
  memory: Memory,
  filter: OperationFilter,
  page: PageOptions,
): { readonly count: number; readonly next?: string | undefined } {
  const after = page.after as JobId | undefined; // as `next` gave it
  let count = 0;
  let last: JobId | undefined;
  for (const { id } of selected(memory, { filter, beganAtMs: memory.clock.now(), after })) {
    if (count === page.limit) return { count, next: last };
    count += 1;
    last = id;
  }
  return { count };
}
