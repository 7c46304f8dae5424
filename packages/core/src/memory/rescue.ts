/** rescue: takes jobs back from leases that have run out. */
import type { RescueReport } from "../store/job-store.ts";
import { endJob } from "./endings.ts";
import { addRecord, type Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import { heldJobs } from "./leases.ts";
import { change, type Memory } from "./memory.ts";

const CRASH_RECORD = '{"kind":"crashed"}';

/** The port's rescue. */
export function rescue(memory: Memory, limit: number): RescueReport {
  return change(memory, (moment) => {
    const over = memory.leases.takeOver(moment.now, limit);
    const ends = over.flatMap((lease) =>
      heldJobs(lease)
        .filter((job) => memory.jobs.has(job))
        .map((job) => takeBack(memory, job, { solo: lease.solo, moment })),
    );
    const count = (of: TakenBack) => ends.filter((end) => end === of).length;
    return { ready: count("ready"), crashed: count("crashed"), more: memory.leases.hasOver(moment.now) };
  });
}

type TakenBack = "ready" | "crashed" | "cancelled";

/** A crash proves something about a job only when it was held alone. */
function takeBack(memory: Memory, job: Job, of: { solo: boolean; moment: Moment }): TakenBack {
  const { solo, moment } = of;
  job.rescues += 1;
  if (job.cancelled !== undefined) {
    addRecord(job, job.cancelled, moment.stamp);
    endJob(memory, job, { ended: { state: "cancelled" }, moment });
    return "cancelled";
  }
  if (solo) job.soloRescues += 1;
  if (solo && job.soloRescues > job.maxRescues) {
    addRecord(job, CRASH_RECORD, moment.stamp);
    moment.deaths.crashed.push(job);
    endJob(memory, job, { ended: { state: "dead", fingerprint: "crashed" }, moment });
    return "crashed";
  }
  job.suspect = true;
  memory.jobs.requeue(job, { kind: "rescued", runAtMs: job.runAtMs }, moment.change);
  return "ready";
}
