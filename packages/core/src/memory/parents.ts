/** Judging waiting parents: which go on, and which never can. */
import { CHILDREN_FAILED, type ChildTally, childrenFailedRecord, verdictOf } from "../model/children.ts";
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
    for (const { job, tally, verdict } of level) {
      if (verdict === "wake") memory.jobs.requeue(job, { kind: "woken", runAtMs: moment.now }, moment.change);
      if (verdict === "fail") failParent(memory, job, { tally, moment });
    }
  }
}

function judged(memory: Memory, id: JobId) {
  const job = memory.jobs.get(id);
  if (job?.phase.kind !== "waiting") return [];
  const tally = memory.forks.tallyOrNone(id);
  return [{ job, tally, verdict: verdictOf(job.phase.condition, tally) }];
}

/** Children that are left are cancelled by the next sweep. */
function failParent(memory: Memory, job: Job, of: { tally: ChildTally; moment: Moment }): void {
  const { tally, moment } = of;
  addRecord(job, childrenFailedRecord(tally), moment.stamp);
  if (tally.total > tally.completed + tally.failed) memory.cancelledParents.add(job.id);
  moment.deaths["children-failed"].push(job);
  endJob(memory, job, { ended: { state: "dead", fingerprint: CHILDREN_FAILED }, moment });
}
