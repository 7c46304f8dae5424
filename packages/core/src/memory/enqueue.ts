/** enqueue: adds jobs, unless their id is known, their unique key is taken or their queue is full. */
import type { JobId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { Accepted, EnqueueOptions } from "../store/job-store.ts";
import type { Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";
import { change } from "./memory.ts";
import type { Room } from "./room.ts";

/** The port's enqueue. */
export function enqueue(memory: Memory, jobs: readonly NewJob[], options: EnqueueOptions): Accepted[] {
  const isKnown = (id: JobId) => (options.resend ? memory.jobs.isKnown(id) : memory.jobs.isLive(id));
  const room = memory.queues.room(jobs, memory.journal);
  return change(memory, (moment) =>
    jobs.map((job) =>
      isKnown(job.id) ? { id: job.id, result: "exists" } : accept(memory, job, { room, moment }),
    ),
  );
}

function accept(memory: Memory, job: NewJob, into: { room: Room; moment: Moment }): Accepted {
  const { room, moment } = into;
  const { id, unique } = job;
  const holder = unique && memory.keys.holder(unique.key, moment.now);
  if (holder === id) return { id, result: "exists" };
  if (holder !== undefined) return meet(memory, holder, { job, moment });
  if (!room.take(job)) {
    moment.change.refuse(job);
    return { id, result: "queue-full" };
  }
  memory.keys.take(job, moment.now);
  memory.jobs.add(job, moment);
  return { id, result: "created" };
}

/** The key is taken: the holder stays as it is, or takes the new job's place. */
function meet(memory: Memory, holder: JobId, by: { job: NewJob; moment: Moment }): Accepted {
  const { job, moment } = by;
  const held = memory.jobs.get(holder);
  const replaces = held !== undefined && memory.keys.isHeldBy(held) && canReplace(held, job);
  if (replaces) memory.jobs.replace(held, job, moment);
  return { id: job.id, result: replaces ? "replaced" : "duplicate", job: holder };
}

/** Work of another sort must not run under the handler, in the queue or for the tenant of this job. */
function canReplace(held: Job, by: NewJob): boolean {
  return (
    by.unique?.onConflict === "replace" &&
    held.phase.kind === "queued" &&
    held.queue === by.queue &&
    held.name === by.name &&
    held.tenant === by.tenant
  );
}
