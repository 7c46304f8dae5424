/** Judging waiting parents: which go on, and which never can. */
import { CHILDREN_FAILED, childrenFailedRecord, verdictOf } from "../model/children.ts";
import type { JobId } from "../model/ids.ts";
import { endJob } from "./endings.ts";
import { addRecord, type Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/**
 * Judges the parents a call has touched, once all its work is done; then, level by level, the parents of those that
 * died of it. All of a level are judged before any of them dies.
 */
export function judgeParents(memory: Memory, moment: Moment): void {
  while (moment.touched.size > 0) {
    const level = [...moment.touched].flatMap((id) => judged(memory, id));
    moment.touched.clear();
    for (const { job, verdict } of level) {
      if (verdict === "wake") memory.jobs.requeue(job, { kind: "woken", runAtMs: moment.now }, moment.change);
      if (verdict === "fail") failParent(memory, job, moment);
    }
  }
}

function judged(memory: Memory, id: JobId) {
  const job = memory.jobs.get(id);
  if (job?.phase.kind !== "waiting") return [];
  return [{ job, verdict: verdictOf(job.phase.condition, memory.forks.tallyOrNone(id)) }];
}

function failParent(memory: Memory, job: Job, moment: Moment): void {
  addRecord(job, childrenFailedRecord(memory.forks.tallyOrNone(job.id)), moment.now);
  endJob(memory, job, { ended: { state: "dead", fingerprint: CHILDREN_FAILED }, moment });
}
