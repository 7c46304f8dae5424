/** retry, delete and cleanUp: what becomes of finished jobs. */

import { type ControlNote, replayedRecord } from "../model/control-note.ts";
import type { JobId } from "../model/ids.ts";
import { asksForChildren } from "../model/run.ts";
import { cleanUpEntries } from "../store/clean-up-entries.ts";
import type { CleanUpOptions, DeleteAnswer, RetryAnswer } from "../store/control-store.ts";
import type { Change } from "./change.ts";
import { endOf } from "./endings.ts";
import { addRecord, type Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";
import { audited, type Control, jobsOf } from "./touched.ts";

/** The port's retry. */
export function retry(memory: Memory, ids: readonly JobId[], note: ControlNote): RetryAnswer[] {
  return retryAs(
    memory,
    ids.map((id) => ({ id })),
    note,
  );
}

/** The same, where some finished jobs get another envelope with that. */
export function retryAs(memory: Memory, jobs: readonly Retried[], note: ControlNote): RetryAnswer[] {
  const record = replayedRecord(note);
  const envelopes = new Map(jobs.map(({ id, envelope }) => [id, envelope] as const));
  const ids = jobs.map(({ id }) => id);
  const act: Control<RetryAnswer> = {
    ...{ type: "job.retried", action: "retry", ids, note },
    changes: ["replayed", "made-ready"],
  };
  return change(
    memory,
    audited(memory, act, (moment) =>
      answered(ids, (id) =>
        retryOne(memory, memory.jobs.get(id), { record, moment, envelope: envelopes.get(id) }),
      ),
    ),
  );
}

/** A job to be retried. */
interface Retried {
  readonly id: JobId;
  readonly envelope?: string | undefined;
}

interface Retrying {
  readonly record: string;
  readonly moment: Moment;
  readonly envelope: string | undefined;
}

function retryOne(memory: Memory, job: Job | undefined, by: Retrying): RetryAnswer {
  if (job === undefined) return "not-found";
  const { now, stamp } = by.moment;
  if (job.phase.kind === "ended") {
    const reborn = memory.jobs.revive(job, by.moment);
    if (by.envelope !== undefined) reborn.envelope = by.envelope;
    addRecord(reborn, by.record, stamp);
    memory.cancelledParents.delete(job.id);
    rejoin(memory, job, endOf(job.phase.state));
    return "replayed";
  }
  if (job.phase.kind !== "queued" || job.runAtMs <= now) return "still-live";
  memory.jobs.hasten(job, now);
  return "made-ready";
}

/** The job's family as it is now: whom it waits for, and who waits for it. */
function rejoin(memory: Memory, { id, parent }: Job, end: "completed" | "failed"): void {
  memory.forks.reopen(id);
  if (parent !== undefined)
    memory.forks.rejoin(parent, id, { end, isParentLive: memory.jobs.isLive(parent) });
}

/** The port's delete. */
export function deleteJobs(memory: Memory, ids: readonly JobId[], note: ControlNote): DeleteAnswer[] {
  const act: Control<DeleteAnswer> = {
    ...{ type: "job.deleted", action: "delete", ids, note },
    changes: ["deleted"],
  };
  return change(
    memory,
    audited(memory, act, ({ change: made }) => answered(ids, (id) => deleteOne(memory, id, made))),
  );
}

function deleteOne(memory: Memory, id: JobId, made: Change): DeleteAnswer {
  const job = memory.jobs.get(id);
  if (job === undefined) return "not-found";
  if (job.phase.kind !== "ended") return "still-live";
  forget(memory, job, made);
  return "deleted";
}

/** The port's cleanUp; a process of its own is never in its own way. */
export function cleanUp(
  memory: Memory,
  options: CleanUpOptions,
): { readonly removed: number; readonly more: boolean } {
  return change(memory, ({ now, change: made, audit }) => {
    const { states } = options;
    const wanted = {
      states,
      untilMs: now - options.olderThanMs,
      isKept: (id: JobId) => isAskedAbout(memory, id),
    };
    const oldest = (limit: number) => memory.jobs.history.oldest({ ...wanted, limit });
    const ids = oldest(options.limit);
    audit.push(...cleanUpEntries(options, jobsOf(memory, ids)));
    for (const id of ids) {
      const job = memory.jobs.get(id);
      if (job) forget(memory, job, made);
    }
    return { removed: ids.length, more: oldest(1).length > 0 };
  });
}

function forget(memory: Memory, job: Job, made: Change): void {
  memory.jobs.forget(job, made);
  memory.logs.drop(job.id);
}

/** Whether its parent or its run may yet ask what became of a child that did not complete. */
function isAskedAbout({ jobs, runs }: Memory, id: JobId): boolean {
  const { parent, run } = jobs.get(id) ?? {};
  if (parent === undefined) return false;
  const state = run && runs.get(run)?.state;
  return jobs.isLive(parent) || (state !== undefined && asksForChildren(state));
}

/** One answer per id, each id treated once. */
function answered<A>(ids: readonly JobId[], answer: (id: JobId) => A): A[] {
  const answers = new Map<JobId, A>();
  return ids.map((id) => {
    const known = answers.get(id);
    if (known !== undefined) return known;
    const given = answer(id);
    answers.set(id, given);
    return given;
  });
}
