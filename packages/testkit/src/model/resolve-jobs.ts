/** Turns sketches of jobs into jobs to send. */
import type { JobId, NewJob, NewRun, RunId } from "@millrace/core";
import type { Among, JobSketch, Pick, RunSketch } from "./sketch.ts";
import { isLive, type ModelJob } from "./state.ts";
import { chosen, type World } from "./world.ts";

/** A job under the given id. */
export function jobOf(world: World, sketch: JobSketch, id: JobId): NewJob {
  const run = sketch.run === undefined ? undefined : pickRun(world, sketch.run);
  return {
    id,
    queue: sketch.queue,
    name: sketch.name,
    tenant: sketch.tenant,
    priority: sketch.priority,
    delayMs: sketch.delayMs,
    ...timesOf(world, sketch),
    ...(sketch.unique === undefined ? {} : { unique: sketch.unique }),
    ...(sketch.orderingKey === undefined ? {} : { orderingKey: sketch.orderingKey }),
    maxRescues: sketch.maxRescues,
    ...(run === undefined ? {} : { run }),
    envelope: envelopeOf(sketch),
  };
}

function envelopeOf({ payload, tags }: JobSketch): string {
  return `0{"payload":${payload}${tags === undefined ? "" : `,"tags":${JSON.stringify(tags)}`}}`;
}

/** A child or a coordinator under the given id: one without keys. */
export function childOf(world: World, sketch: JobSketch, id: JobId): NewJob {
  return jobOf(world, { ...sketch, unique: undefined, orderingKey: undefined }, id);
}

/** A run of this coordinator. */
export function runOf(sketch: RunSketch, coordinator: NewJob & { readonly run: RunId }): NewRun {
  return {
    id: coordinator.run,
    definition: sketch.definition,
    instance: sketch.instance,
    rerun: sketch.rerun,
    tenant: "",
    params: '{"source":"a"}',
    queue: coordinator.queue,
    priority: coordinator.priority,
    submittedBy: sketch.submittedBy,
    correlationId: sketch.correlationId,
    version: sketch.version,
    force: sketch.force,
  };
}

/** Sketches count from the moment of the call. */
function timesOf(world: World, sketch: JobSketch): Partial<NewJob> {
  const { nowMs } = world.state;
  const { runInMs, ttlMs, expiresInMs } = sketch;
  return {
    ...(runInMs === undefined ? {} : { runAtMs: nowMs + runInMs }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(expiresInMs === undefined || ttlMs !== undefined ? {} : { expiresAtMs: nowMs + expiresInMs }),
  };
}

/** Jobs to enqueue. Without `resend` no finished job's id is sent: clients mark what they send again. */
export function resolveJobs(
  world: World,
  sketches: readonly JobSketch[],
  resend: boolean,
): readonly NewJob[] {
  const sent: NewJob[] = [];
  return sketches.map((sketch) => {
    const known = [...world.state.jobs.values()].filter((job) => resend || isLive(job));
    const candidates = [...known.map((job) => job.spec.id), ...sent.map((job) => job.id)];
    const again = sketch.again === undefined ? undefined : chosen(candidates, sketch.again);
    const twice = sent.find((job) => job.id === again);
    const job = twice ?? jobOf(world, sketch, again ?? world.newJobId());
    sent.push(job);
    return job;
  });
}

/** Ids of jobs of a kind; one nobody sent where there are none. */
export function pickAmong(world: World, picks: readonly Pick[], among: Among): readonly JobId[] {
  const ids = [...world.state.jobs.values()].filter((job) => isAmong(job, among)).map((job) => job.spec.id);
  return picks.map((pick) => chosen(ids, pick) ?? world.newJobId());
}

function isAmong(job: ModelJob, among: Among): boolean {
  switch (among) {
    case "all":
      return true;
    case "live":
      return isLive(job);
    case "running":
      return job.place === "running";
    case "finished":
      return !isLive(job);
  }
}

/** A run's id, where there is any run. */
export function pickRun(world: World, pick: Pick): RunId | undefined {
  return chosen([...world.state.runs.keys()], pick);
}

/** A job's id, of all there ever were. */
export function pickJob(world: World, pick: Pick): JobId | undefined {
  return chosen([...world.state.jobs.keys()], pick);
}
