/** explain: what bears on whether jobs run. */
import { noteOf } from "../model/control-note.ts";
import type { JobId } from "../model/ids.ts";
import {
  type AwaitedChildren,
  type JobFacts,
  MOST_NAMED,
  type PutOff,
  type Takers,
} from "../model/job-facts.ts";
import { takes } from "../model/worker.ts";
import { isExpired } from "./expiries.ts";
import { type Job, jobRow } from "./job.ts";
import type { Memory } from "./memory.ts";

/** The port's explain. */
export function explain(memory: Memory, ids: readonly JobId[]): JobFacts[] {
  const now = memory.clock.now();
  return [...new Set(ids)].sort().flatMap((id) => {
    const job = memory.jobs.get(id);
    return job === undefined ? [] : [factsOf(memory, job, now)];
  });
}

function factsOf(memory: Memory, job: Job, now: number): JobFacts {
  const { id, queue, name, priority, state, ...row } = jobRow(job, now);
  const { attempts, rescues, createdAtMs, runAtMs, finishedAtMs, expiresAtMs, records } = row;
  return {
    ...{ id, queue, name, priority, state, attempts, rescues, createdAtMs, runAtMs },
    ...{ finishedAtMs, expiresAtMs, records, nowMs: now },
    isSuspect: job.phase.kind !== "ended" && job.suspect,
    isPaused: memory.queues.isPaused(queue),
    ...phaseFacts(memory, job, now),
  };
}

/** What belongs only to the phase the job is in. */
function phaseFacts(memory: Memory, job: Job, now: number): Partial<JobFacts> {
  switch (job.phase.kind) {
    case "queued":
      return standing(memory, job, now);
    case "running": {
      const { worker, sinceMs, untilMs } = job.phase.lease;
      const cancelling = job.cancelled === undefined ? undefined : noteOf(job.cancelled);
      return { hold: { worker, sinceMs, untilMs }, cancelling };
    }
    case "waiting":
      return { children: awaited(memory, job) };
    case "ended":
      return {};
  }
}

function standing(memory: Memory, job: Job, now: number): Partial<JobFacts> {
  const { jobs } = memory;
  const line = jobs.placeInLine(job);
  const isInTurn = line === undefined && !job.suspect && job.runAtMs <= now && !isExpired(job, now);
  return {
    line,
    putOff: putOff(memory, job, now),
    ahead: isInTurn ? jobs.ready.aheadOf(job, now) : undefined,
    takers: takersOf(memory, job, now),
  };
}

function putOff({ limits }: Memory, { snoozed, suspect }: Job, now: number): PutOff | undefined {
  if (snoozed === undefined || suspect) return undefined;
  const hold = snoozed.limit === undefined ? undefined : limits.get(snoozed.limit, now);
  return { ...snoozed, hold: hold && { untilMs: hold.untilMs, reason: hold.reason } };
}

function takersOf(memory: Memory, job: Job, now: number): Takers {
  const live = memory.workers.live(now);
  const able = live.filter((worker) => takes(worker, job));
  const free = able.reduce((sum, { concurrency, running }) => sum + Math.max(concurrency - running, 0), 0);
  return { live: live.length, able: able.length, free };
}

function awaited(memory: Memory, job: Job): AwaitedChildren | undefined {
  if (job.phase.kind !== "waiting") return undefined;
  const unfinished = [...memory.forks.unfinished(job.id)].filter((id) => memory.jobs.isLive(id)).sort();
  const { condition } = job.phase;
  return {
    ...memory.forks.tallyOrNone(job.id),
    condition,
    unfinished: unfinished.slice(0, MOST_NAMED),
  };
}
