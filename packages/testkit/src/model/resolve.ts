/** Turns a generated sketch into a concrete call: which job, which token, at the moment its turn comes. */
import {
  isFinishedRun,
  type JobFilter,
  type JobId,
  type LeaseTouch,
  RUN_STATES,
  type RunMove,
  type WorkerWord,
} from "@millrace/core";
import { LEASE_MS } from "./arbitrary-values.ts";
import type { Call } from "./call.ts";
import { childOf, pickAmong, pickJob, pickRun, resolveJobs, runOf } from "./resolve-jobs.ts";
import {
  resolveAbort,
  resolveFilter,
  resolveOperations,
  resolvePage,
  resolveStart,
  resolveTake,
} from "./resolve-operations.ts";
import { resolveSchedules } from "./resolve-schedules.ts";
import { resolveSettlements, resolveWrites } from "./resolve-writes.ts";
import type { JobFilterSketch, MoveSketch, Sketch, Pick as Which, WorkerSketch } from "./sketch.ts";
import type { ModelRun } from "./state.ts";
import { chosen, type Holding, type World, workerId } from "./world.ts";

/** The call a sketch comes to here; `undefined` where it has nothing to work on. */
export function resolve(world: World, sketch: Sketch): Call | undefined {
  switch (sketch.verb) {
    case "advance":
    case "rescue":
    case "expire":
    case "configureQueue":
    case "peek":
    case "hold":
    case "holds":
    case "watch":
    case "fold":
    case "cascade":
    case "cleanUp":
    case "events":
    case "deadLetters":
    case "deadGroups":
    case "deadDepths":
    case "audit":
    case "pruneAudit":
    case "sweepRuns":
    case "cleanUpRuns":
    case "purgeRuns":
      return sketch;
    case "removeRuns":
      return removalOf(world, sketch);
    case "startOperation":
      return resolveStart(world, sketch);
    case "takeOperation":
      return resolveTake(world, sketch);
    case "advanceOperation":
      return resolvePage(world, sketch);
    case "abortOperation":
      return resolveAbort(world, sketch);
    case "countMatching":
      return { ...sketch, filter: resolveFilter(world, sketch.filter) };
    case "operations":
      return resolveOperations(world, sketch);
    case "workers":
    case "removeSchedule":
    case "pauseSchedule":
    case "dueSchedules":
      return sketch;
    case "explain":
      return { verb: "explain", ids: pickAmong(world, sketch.ids, sketch.among) };
    case "registerWorkers":
      return { ...sketch, workers: sketch.workers.map(wordOf) };
    case "removeWorkers":
      return { verb: "removeWorkers", ids: sketch.who.map(workerId) };
    case "cancel":
    case "retry":
      return { verb: sketch.verb, ids: pickAmong(world, sketch.ids, sketch.among), note: sketch.note };
    case "reprioritise": {
      const { verb, priority, note } = sketch;
      return { verb, ids: pickAmong(world, sketch.ids, sketch.among), priority, note };
    }
    case "delete":
      return { verb: "delete", ids: pickAmong(world, sketch.ids, sketch.among), note: sketch.note };
    case "cancels":
      return { verb: "cancels", leases: sketch.leases.flatMap((pick) => chosen(world.leases, pick) ?? []) };
    case "enqueue":
      return { ...sketch, jobs: resolveJobs(world, sketch.jobs, sketch.resend) };
    case "claim":
      return { ...sketch, lease: world.newLeaseId(), leaseMs: LEASE_MS };
    case "extend":
      return { verb: "extend", leases: touchesOf(world, sketch.touches), leaseMs: sketch.leaseMs };
    case "save":
      return { verb: "save", writes: resolveWrites(world, sketch.writes) };
    case "settle":
      return { verb: "settle", settlements: resolveSettlements(world, sketch.writes) };
    case "find":
      return { ...sketch, filter: jobFilterOf(world, sketch.filter) };
    case "logs":
      return logsOf(world, sketch);
    case "startRun":
      return startOf(world, sketch);
    case "moveRun":
      return moveOf(world, sketch.move);
    case "findRuns":
      return findRunsOf(world, sketch);
    case "steps":
      return stepsOf(world, sketch);
    case "items":
      return itemsOf(world, sketch);
    case "findSchedules":
      return {
        verb: "findSchedules",
        filter: { ids: sketch.ids, tenant: sketch.tenant },
        limit: sketch.limit,
      };
    case "setSchedule":
    case "resumeSchedule":
    case "fireSchedules":
      return resolveSchedules(world, sketch);
  }
}

function wordOf({ who, ...word }: WorkerSketch): WorkerWord {
  return { ...word, id: workerId(who), name: `worker-${who}`, host: "host", pid: who + 1, version: "1" };
}

/** Only leases none of whose jobs is held are dropped, as workers do. */
function touchesOf(
  world: World,
  touches: readonly { readonly pick: Which; readonly dropped: boolean }[],
): readonly LeaseTouch[] {
  const held = new Set([...world.state.jobs.values()].map((job) => job.lease));
  const touched = touches.map(({ pick, dropped }) => {
    const lease = chosen(world.leases, pick) ?? world.newLeaseId();
    return { lease, dropped: dropped && !held.has(lease) };
  });
  return touched.filter(({ lease }, index) => touched.findIndex((other) => other.lease === lease) === index);
}

function jobFilterOf(world: World, sketch: JobFilterSketch): JobFilter {
  const { ids, run, parent, createdSinceMs, createdUntilMs, finishedUntilMs, ...rest } = sketch;
  const { nowMs } = world.state;
  const ago = (ms: number | undefined) => (ms === undefined ? undefined : nowMs - ms);
  return {
    ...rest,
    createdFromMs: ago(createdSinceMs),
    createdUntilMs: ago(createdUntilMs),
    finishedUntilMs: ago(finishedUntilMs),
    ids: ids?.flatMap((pick) => pickJob(world, pick) ?? []),
    run: run === undefined ? undefined : pickRun(world, run),
    parent: parent === undefined ? undefined : pickJob(world, parent),
  };
}

function logsOf(world: World, sketch: Extract<Sketch, { readonly verb: "logs" }>): Call | undefined {
  const job = pickJob(world, sketch.job);
  return job === undefined ? undefined : { verb: "logs", job, limit: sketch.limit };
}

function startOf(world: World, sketch: Extract<Sketch, { readonly verb: "startRun" }>): Call {
  const id = world.newRunId();
  const coordinator = { ...childOf(world, sketch.coordinator, world.newJobId()), run: id };
  return { verb: "startRun", run: runOf(sketch, coordinator), coordinator };
}

function moveOf(world: World, sketch: MoveSketch): Call | undefined {
  const run = chosen([...world.state.runs.values()], sketch.run);
  if (run === undefined) return undefined;
  const holder = moverOf(world, sketch, run.coordinator);
  const move: RunMove = {
    run: run.id,
    from: sketch.from,
    to: sketch.to,
    ...(sketch.restart === undefined ? {} : restartOf(world, sketch.restart, run)),
    ...(holder === undefined ? {} : { holder }),
    ...(sketch.result === undefined ? {} : { result: sketch.result }),
    ...(sketch.error === undefined ? {} : { error: sketch.error }),
    ...(sketch.note === undefined ? {} : { note: sketch.note }),
  };
  return { verb: "moveRun", move };
}

/** What only restarts say. */
function restartOf(
  world: World,
  { isOld, ...sketch }: NonNullable<MoveSketch["restart"]>,
  run: ModelRun,
): Pick<RunMove, "from" | "to" | "coordinator"> {
  const id = isOld ? run.coordinator : world.newJobId();
  const from = RUN_STATES.filter((state) => isFinishedRun(state));
  return { from, to: "running", coordinator: { ...childOf(world, sketch, id), run: run.id } };
}

function moverOf(world: World, sketch: MoveSketch, coordinator: JobId): Holding | undefined {
  const claims = world.claims.filter((claim) => sketch.holder === "earlier" || claim.id === coordinator);
  const claim = sketch.holder === "coordinator" ? claims.at(-1) : chosen(claims, sketch.pick);
  return sketch.holder === "none" || claim === undefined ? undefined : { id: claim.id, token: claim.token };
}

/** Runs there are, and one of those that are known no more, where there is any. */
function removalOf(
  world: World,
  { runs, note }: Extract<Sketch, { readonly verb: "removeRuns" }>,
): Call | undefined {
  const ids = [...world.state.runs.keys(), ...world.removed.slice(-1)];
  const picked = runs.flatMap((pick) => chosen(ids, pick) ?? []);
  return picked.length === 0 ? undefined : { verb: "removeRuns", ids: picked, note };
}

function findRunsOf(world: World, sketch: Extract<Sketch, { readonly verb: "findRuns" }>): Call {
  const ids = sketch.ids?.flatMap((pick) => pickRun(world, pick) ?? []);
  const { definition, instance, tenant, states } = sketch;
  return {
    verb: "findRuns",
    filter: { ids, definition, instance, tenant, states },
    limit: sketch.limit,
  };
}

function stepsOf(world: World, sketch: Extract<Sketch, { readonly verb: "steps" }>): Call | undefined {
  const run = pickRun(world, sketch.run);
  if (run === undefined) return undefined;
  const { states, steps, limit } = sketch;
  return { verb: "steps", filter: { run, states, steps }, limit };
}

function itemsOf(world: World, sketch: Extract<Sketch, { readonly verb: "items" }>): Call | undefined {
  const run = pickRun(world, sketch.run);
  if (run === undefined) return undefined;
  const { step, states, keys, limit } = sketch;
  return { verb: "items", filter: { run, step, states, keys }, limit };
}
