/** reprioritise: jobs in line go on in another class. */
import { reprioritisedDetails } from "../model/audit-entry.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { JobId } from "../model/ids.ts";
import type { Priority } from "../model/job.ts";
import { checkNote, checkPriority } from "../store/checks.ts";
import type { ReprioritiseAnswer } from "../store/control-store.ts";
import type { Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";
import { audited, type Control } from "./touched.ts";

/** A class, and who has jobs be of it. */
export interface Reprioritising {
  readonly priority: Priority;
  readonly note: ControlNote;
}

/** The port's reprioritise. */
export function reprioritise(
  memory: Memory,
  ids: readonly JobId[],
  { priority, note }: Reprioritising,
): ReprioritiseAnswer[] {
  checkPriority(priority);
  checkNote(note);
  const act: Control<ReprioritiseAnswer> = {
    ...{ type: "job.reprioritised", action: "reprioritise", ids, note },
    details: reprioritisedDetails(priority, note),
    changes: ["changed"],
  };
  const each = (moment: Moment) => {
    const answers = new Map<JobId, ReprioritiseAnswer>();
    for (const id of new Set(ids))
      answers.set(id, moveOne(memory, memory.jobs.get(id), { priority, moment }));
    return ids.map((id) => answers.get(id) ?? "not-found");
  };
  return change(memory, audited(memory, act, each));
}

function moveOne(
  memory: Memory,
  job: Job | undefined,
  { priority, moment }: { readonly priority: Priority; readonly moment: Moment },
): ReprioritiseAnswer {
  if (job === undefined) return "not-found";
  if (job.phase.kind !== "queued") return "not-in-line";
  if (job.priority === priority) return "unchanged";
  memory.jobs.reprioritise(job, priority, moment.change);
  return "changed";
}
