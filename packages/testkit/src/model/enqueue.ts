/** How the reference model takes jobs in. */
import type { Accepted, JobId, NewJob } from "@millrace/core";
import { hasRoom, refuse } from "./queues.ts";
import { type Answer, inOrder, isLive, type ModelJob, type ModelState, noted, withJob } from "./state.ts";

/** Adds jobs that are not there yet; for a re-send a finished job is there too. */
export function enqueue(
  state: ModelState,
  jobs: readonly NewJob[],
  resend: boolean,
): Answer<readonly Accepted[]> {
  const added: NewJob[] = [];
  return inOrder(state, jobs, (before, job): Answer<Accepted> => {
    const { id } = job;
    const known = before.jobs.get(id);
    const holder = holderOf(before, job);
    if ((known !== undefined && (isLive(known) || resend)) || holder === id) {
      return { state: before, answer: { id, result: "exists" } };
    }
    if (holder !== undefined) return meetHolder(before, holder, job);
    if (!hasRoom(state, added, job))
      return { state: refuse(before, job), answer: { id, result: "queue-full" } };
    added.push(job);
    const after = noted(keepKey(withJob(before, freshJob(before, job)), job), "enqueued", id);
    return { state: after, answer: { id, result: "created" } };
  });
}

/** The live job that holds the key of this one, else the job it is kept for. */
function holderOf(state: ModelState, { unique }: NewJob): JobId | undefined {
  if (unique === undefined) return undefined;
  const holder = [...state.jobs.values()].find((job) => job.holdsKey && job.spec.unique?.key === unique.key);
  const kept = state.keptKeys.get(unique.key);
  return holder?.spec.id ?? (kept !== undefined && kept.untilMs > state.nowMs ? kept.job : undefined);
}

function keepKey(state: ModelState, { id, unique }: NewJob): ModelState {
  if (unique?.keepForMs === undefined) return state;
  const kept = { job: id, untilMs: state.nowMs + unique.keepForMs };
  return { ...state, keptKeys: new Map(state.keptKeys).set(unique.key, kept) };
}

function meetHolder(state: ModelState, holder: JobId, by: NewJob): Answer<Accepted> {
  const held = state.jobs.get(holder);
  if (held === undefined || !canReplace(held, by)) {
    return { state, answer: { id: by.id, result: "duplicate", job: holder } };
  }
  const { envelope, priority } = by;
  const spec = { ...held.spec, envelope, priority };
  const replaced = { ...held, ...timesOf(state, by), spec, snoozedFor: undefined };
  const after = noted(withJob(state, replaced), "replaced", holder);
  return { state: after, answer: { id: by.id, result: "replaced", job: holder } };
}

function canReplace(held: ModelJob, by: NewJob): boolean {
  return (
    by.unique?.onConflict === "replace" &&
    held.holdsKey &&
    held.place === "queued" &&
    held.spec.queue === by.queue &&
    held.spec.name === by.name &&
    held.spec.tenant === by.tenant
  );
}

/** When a job that comes in now becomes due, and when it expires. */
function timesOf(state: ModelState, spec: NewJob): Pick<ModelJob, "runAtMs" | "expiresAtMs"> {
  return {
    runAtMs: spec.runAtMs === undefined ? state.nowMs + spec.delayMs : Math.max(spec.runAtMs, state.nowMs),
    expiresAtMs: spec.ttlMs === undefined ? spec.expiresAtMs : state.nowMs + spec.ttlMs,
  };
}

/** Adds the children of a holder's write; an id that is live already stays as it is, with the parent it has. */
export function spawn(state: ModelState, parent: JobId, children: readonly NewJob[]): ModelState {
  return children.reduce((before, child) => {
    const known = before.jobs.get(child.id);
    return known !== undefined && isLive(known)
      ? before
      : noted(withJob(before, { ...freshJob(before, child), parent }), "enqueued", child.id);
  }, state);
}

/** Adds a run's coordinator, room or not, unless it is live. */
export function addCoordinator(state: ModelState, job: NewJob): ModelState {
  const known = state.jobs.get(job.id);
  return known !== undefined && isLive(known)
    ? state
    : noted(withJob(state, freshJob(state, job)), "enqueued", job.id);
}

function freshJob(state: ModelState, spec: NewJob): ModelJob {
  return {
    spec,
    parent: undefined,
    place: "queued",
    generation: 1,
    createdAtMs: state.nowMs,
    ...timesOf(state, spec),
    holdsKey: spec.unique !== undefined,
    finishedAtMs: undefined,
    attempts: 0,
    interruptions: 0,
    rescues: 0,
    snoozes: 0,
    soloRescues: 0,
    isSuspect: false,
    isRetrying: false,
    token: undefined,
    lease: undefined,
    lastWrite: 0,
    settledToken: undefined,
    snoozedFor: undefined,
    wakeAt: 0,
    policy: undefined,
    cancelled: undefined,
    checkpoint: undefined,
    progress: undefined,
    log: [],
    fingerprint: undefined,
    records: [],
  };
}
