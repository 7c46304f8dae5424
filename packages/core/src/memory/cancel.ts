/** cancel, cancels and cascade: ends jobs nobody holds, flags those that run, and has their children follow. */
import { CASCADE_NOTE, type ControlNote, cancelledRecord, reasonOf } from "../model/control-note.ts";
import type { JobId, LeaseId } from "../model/ids.ts";
import type { CancelAnswer, CancelSignal } from "../store/control-store.ts";
import { endJob } from "./endings.ts";
import { addRecord, type Job, wasEverHeld } from "./job.ts";
import type { Moment } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";
import { judgeParents } from "./parents.ts";
import { audited, type Control } from "./touched.ts";

/** The port's cancel. */
export function cancel(memory: Memory, ids: readonly JobId[], note: ControlNote): CancelAnswer[] {
  const act: Control<CancelAnswer> = {
    ...{ type: "job.cancelled", action: "cancel", ids, note },
    changes: ["cancelled", "cancelling"],
  };
  return change(
    memory,
    audited(memory, act, (moment) => cancelAll(memory, ids, { note, moment })),
  );
}

function cancelAll(
  memory: Memory,
  ids: readonly JobId[],
  by: { note: ControlNote; moment: Moment },
): CancelAnswer[] {
  const record = cancelledRecord(by.note);
  const answers = new Map<JobId, CancelAnswer>();
  for (const id of ids) {
    if (answers.has(id)) continue;
    const job = memory.jobs.get(id);
    answers.set(id, cancelOne(memory, job, { record, moment: by.moment }));
  }
  return ids.map((id) => answers.get(id) ?? "not-found");
}

function cancelOne(
  memory: Memory,
  job: Job | undefined,
  by: { record: string; moment: Moment },
): CancelAnswer {
  if (job === undefined) return "not-found";
  if (job.phase.kind === "ended") return "already-finished";
  if (wasEverHeld(job)) memory.cancelledParents.add(job.id);
  if (job.phase.kind === "running") {
    job.cancelled ??= by.record;
    return "cancelling";
  }
  addRecord(job, by.record, by.moment.stamp);
  endJob(memory, job, { ended: { state: "cancelled" }, moment: by.moment });
  return "cancelled";
}

/** The port's cancels. */
export function cancels(memory: Memory, leases: readonly LeaseId[]): CancelSignal[] {
  return [...new Set(leases)].flatMap((lease) =>
    memory.leases.heldUnder(lease).flatMap((job) => {
      if (job.cancelled === undefined || !memory.jobs.has(job)) return [];
      return { job: job.id, token: job.phase.token, reason: reasonOf(job.cancelled) };
    }),
  );
}

/** The port's cascade. */
export function cascade(
  memory: Memory,
  limit: number,
): { readonly cancelled: number; readonly more: boolean } {
  return change(memory, (moment) => {
    const children = orphans(memory).sort().slice(0, limit);
    cancelAll(memory, children, { note: CASCADE_NOTE, moment });
    judgeParents(memory, moment); // those that die of it leave children of their own
    for (const parent of memory.cancelledParents) {
      if (!memory.jobs.isLive(parent) && orphansOf(memory, parent).length === 0) {
        memory.cancelledParents.delete(parent);
      }
    }
    return { cancelled: children.length, more: orphans(memory).length > 0 };
  });
}

function orphans(memory: Memory): JobId[] {
  return [...memory.cancelledParents].flatMap((parent) => orphansOf(memory, parent));
}

/** The children to cancel: live and not flagged yet. */
function orphansOf(memory: Memory, parent: JobId): JobId[] {
  return [...memory.forks.unfinished(parent)].filter(
    (id) => memory.jobs.isLive(id) && memory.jobs.get(id)?.cancelled === undefined,
  );
}
