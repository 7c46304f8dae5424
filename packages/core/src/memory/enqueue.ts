/** enqueue: adds jobs. */
import type { NewJob } from "../model/job.ts";
import type { Accepted, EnqueueOptions } from "../store/job-store.ts";
import type { Memory } from "./memory.ts";
import { change } from "./memory.ts";

/** The port's enqueue. */
export function enqueue(memory: Memory, jobs: readonly NewJob[], options: EnqueueOptions): Accepted[] {
  return change(memory, (moment) =>
    jobs.map((job) => {
      const { id } = job;
      if (options.resend ? memory.jobs.isKnown(id) : memory.jobs.isLive(id)) return { id, result: "exists" };
      memory.jobs.add(job, moment);
      return { id, result: "created" };
    }),
  );
}
