/** Which jobs a call has changed, as the audit names them. */
import { type AuditedJob, type JobAct, jobEntries } from "../model/audit-entry.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { JobId } from "../model/ids.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/** What somebody does to jobs, and which answers say that it was done. */
export interface Control<Answer> extends Pick<JobAct, "type" | "action" | "details"> {
  readonly ids: readonly JobId[];
  readonly note: ControlNote;
  readonly changes: readonly Answer[];
}

/** Does it; the audit is to keep which of the jobs were changed. */
export function audited<Answer>(
  memory: Memory,
  { ids, note, changes, ...act }: Control<Answer>,
  work: (moment: Moment) => readonly Answer[],
): (moment: Moment) => Answer[] {
  return (moment) => {
    const known = jobsOf(memory, ids); // a deleted one is known no more
    const answers = [...work(moment)];
    const changed = new Set(ids.filter((_, index) => changes.some((each) => each === answers[index])));
    const jobs = known.filter(({ id }) => changed.has(id as JobId)); // it is one of `ids`
    moment.audit.push(...jobEntries(note, { ...act, jobs }));
    return answers;
  };
}

/** The jobs of these ids that there are, each once. */
export function jobsOf(memory: Memory, ids: readonly JobId[]): readonly AuditedJob[] {
  return [...new Set(ids)].flatMap((id) => {
    const job = memory.jobs.get(id);
    return job === undefined ? [] : [{ id, tenant: job.tenant }];
  });
}
