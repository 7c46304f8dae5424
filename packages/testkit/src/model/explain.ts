/** What the reference model says of why jobs run or do not. */
import type {
  Ahead,
  AwaitedChildren,
  ControlNote,
  Hold,
  JobFacts,
  JobId,
  LinePlace,
  Takers,
} from "@millrace/core";
import { WORKER } from "./call.ts";
import { byClaimOrder } from "./claim.ts";
import { isExpired } from "./expire.ts";
import { putOffOf } from "./holds.ts";
import { isLive, type ModelJob, type ModelState, stateOf } from "./state.ts";
import { childrenOf } from "./wake.ts";
import { workersOf } from "./workers.ts";

/** Where the port's counts stop, and how many children it names. */
const MOST_COUNTED = 1_000;
const MOST_NAMED = 10;

/** The facts about these jobs, by id; unknown ones are left out. */
export function factsOf(state: ModelState, ids: readonly JobId[]): readonly JobFacts[] {
  return [...new Set(ids)].sort().flatMap((id) => {
    const job = state.jobs.get(id);
    return job === undefined ? [] : [factsOfOne(state, job)];
  });
}

function factsOfOne(state: ModelState, job: ModelJob): JobFacts {
  const { spec } = job;
  return {
    id: spec.id,
    queue: spec.queue,
    name: spec.name,
    priority: spec.priority,
    state: stateOf(job, state.nowMs),
    attempts: job.attempts,
    rescues: job.rescues,
    createdAtMs: job.createdAtMs,
    runAtMs: job.runAtMs,
    finishedAtMs: job.finishedAtMs,
    expiresAtMs: isLive(job) ? job.expiresAtMs : undefined,
    records: job.records.join("\n"),
    nowMs: state.nowMs,
    isSuspect: isLive(job) && job.isSuspect,
    isPaused: state.queues.get(spec.queue)?.paused ?? false,
    ahead: aheadOf(state, job),
    line: lineOf(state, job),
    hold: holdOf(state, job),
    cancelling: cancellingOf(job),
    children: awaitedBy(state, job),
    takers: takersOf(state, job),
    putOff: putOffOf(state, job),
  };
}

/** Queued, due, in nobody's shadow: what claims without `solo` may take in its turn. */
export function isInTurn(state: ModelState, job: ModelJob): boolean {
  return (
    stateOf(job, state.nowMs) === "ready" &&
    !job.isSuspect &&
    !isExpired(job, state.nowMs) &&
    beforeInLine(state, job).length === 0
  );
}

function aheadOf(state: ModelState, job: ModelJob): Ahead | undefined {
  if (!isInTurn(state, job)) return undefined;
  const others = [...state.jobs.values()].filter(
    (one) => one !== job && one.spec.queue === job.spec.queue && isInTurn(state, one),
  );
  const before = others.filter((one) => byClaimOrder(one, job) < 0);
  const inClass = before.filter((one) => one.spec.priority === job.spec.priority).length;
  return {
    inClass: Math.min(inClass, MOST_COUNTED),
    higher: Math.min(before.length - inClass, MOST_COUNTED),
  };
}

/** Live jobs of its ordering key that were enqueued before it. */
function beforeInLine(state: ModelState, job: ModelJob): readonly ModelJob[] {
  const { orderingKey } = job.spec;
  if (orderingKey === undefined) return [];
  const line = [...state.jobs.values()].filter((one) => one.spec.orderingKey === orderingKey && isLive(one));
  return line.slice(0, line.indexOf(job));
}

function lineOf(state: ModelState, job: ModelJob): LinePlace | undefined {
  if (job.place !== "queued") return undefined;
  const before = beforeInLine(state, job);
  return before.length === 0
    ? undefined
    : { first: before[0]?.spec.id, ahead: Math.min(before.length, MOST_COUNTED) };
}

function holdOf(state: ModelState, job: ModelJob): Hold | undefined {
  const lease = job.place === "running" && job.lease !== undefined ? state.leases.get(job.lease) : undefined;
  return lease && { worker: WORKER, sinceMs: lease.sinceMs, untilMs: lease.untilMs };
}

function cancellingOf(job: ModelJob): ControlNote | undefined {
  if (job.place !== "running" || job.cancelled === undefined) return undefined;
  const { reason, by } = JSON.parse(job.cancelled) as ControlNote; // the model's own record
  return { reason, by };
}

function awaitedBy(state: ModelState, job: ModelJob): AwaitedChildren | undefined {
  if (job.place !== "waiting") return undefined;
  const live = [...state.jobs.values()].filter((one) => one.parent === job.spec.id && isLive(one));
  return {
    ...(childrenOf(state, job.spec.id) ?? { total: 0, completed: 0, failed: 0 }),
    condition: job.policy ?? { kind: "threshold", wakeAt: job.wakeAt },
    unfinished: live
      .map((one) => one.spec.id)
      .sort()
      .slice(0, MOST_NAMED),
  };
}

function takersOf(state: ModelState, { place, spec }: ModelJob): Takers | undefined {
  if (place !== "queued") return undefined;
  const live = workersOf(state);
  const able = live.filter(
    ({ draining, queues, names, priorities }) =>
      !draining &&
      queues.includes(spec.queue) &&
      names.includes(spec.name) &&
      priorities.includes(spec.priority),
  );
  const free = able.reduce((sum, { concurrency, running }) => sum + Math.max(0, concurrency - running), 0);
  return { live: live.length, able: able.length, free };
}
