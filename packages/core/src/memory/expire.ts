/** expire: ends jobs that stood in line past their expiry, and lets go of unique keys kept long enough and of holds that are over. */
import type { ExpireReport } from "../store/job-store.ts";
import { endJob } from "./endings.ts";
import { change, type Memory } from "./memory.ts";

/** The port's expire. */
export function expire(memory: Memory, limit: number): ExpireReport {
  return change(memory, (moment) => {
    const { expiries } = memory.jobs;
    let expired = 0;
    for (let job = expiries.first(moment.now); job && expired < limit; job = expiries.first(moment.now)) {
      endJob(memory, job, { ended: { state: "expired" }, moment });
      expired += 1;
    }
    memory.keys.prune(moment.now);
    memory.limits.prune(moment.now);
    return { expired, more: expiries.first(moment.now) !== undefined };
  });
}
