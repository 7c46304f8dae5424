/** The reference model's runs. */
import {
  isFinishedRun,
  type JobId,
  type NewJob,
  type NewRun,
  type RunFilter,
  type RunMove,
  type RunRow,
  type RunStart,
  type SweptRun,
} from "@millrace/core";
import { addCoordinator } from "./enqueue.ts";
import { knownSteps, stepCounters } from "./ledger.ts";
import { hasRoom, refuse } from "./queues.ts";
import { type Answer, isLive, type ModelRun, type ModelState } from "./state.ts";
import { strandSteps } from "./steps.ts";

/** What `moveRun` answers. */
export type MoveAnswer = "applied" | "conflict" | "fenced" | "not-found";

/** Why a run has failed whose coordinator ended without moving it. */
const ABANDONED = '{"class":"crashed","message":"the run\'s coordinator was given up"}';

/** Opens a run with its coordinator, unless the instance is active or has completed for good. */
export function startRun(state: ModelState, run: NewRun, coordinator: NewJob): Answer<RunStart> {
  const swept = failAbandoned(state, run);
  const earlier = instanceRuns(swept, run);
  const active = earlier.find((other) => !isFinishedRun(other.state));
  if (active !== undefined) return { state: swept, answer: { result: "resumed", run: active.id } };
  const completed = earlier.find((other) => other.state === "completed");
  if (completed !== undefined && !run.rerun && run.force !== true) {
    return { state: swept, answer: { result: "finished", run: completed.id } };
  }
  if (!isLiveJob(swept, coordinator.id) && !hasRoom(swept, [], coordinator)) {
    return { state: refuse(swept, coordinator), answer: { result: "queue-full" } };
  }
  const opened = withRun(swept, openRun(run, coordinator, state.nowMs));
  return {
    state: addCoordinator(opened, coordinator),
    answer: { result: "started", run: run.id },
  };
}

/**
 * Moves a run; the holder is judged before the state it comes from. A finished run does not become active again while
 * its instance has another active run. A restart under the coordinator that the run has is an old one.
 */
export function moveRun(state: ModelState, move: RunMove): Answer<MoveAnswer> {
  const run = state.runs.get(move.run);
  if (run === undefined) return { state, answer: "not-found" };
  if (move.holder !== undefined && state.jobs.get(move.holder.id)?.token !== move.holder.token) {
    return { state, answer: "fenced" };
  }
  const { coordinator } = move;
  if (coordinator?.id === run.coordinator) return { state, answer: "applied" };
  if (!move.from.includes(run.state) || wouldDouble(state, run, move)) return { state, answer: "conflict" };
  const moved: ModelRun = {
    ...run,
    state: move.to,
    updatedAtMs: state.nowMs,
    finishedAtMs: isFinishedRun(move.to) ? state.nowMs : undefined,
    result: move.result ?? run.result,
    error: move.error ?? run.error,
  };
  if (coordinator === undefined) return { state: withRun(state, moved), answer: "applied" };
  const { result, error } = move;
  const restarted = { ...moved, result, error, coordinator: coordinator.id, restarts: run.restarts + 1 };
  return { state: addCoordinator(withRun(state, restarted), coordinator), answer: "applied" };
}

/** Ends the oldest active runs that have no live job. */
export function sweepRuns(state: ModelState, limit: number): Answer<readonly SweptRun[]> {
  const stranded = [...state.runs.values()]
    .filter((run) => !isFinishedRun(run.state) && !isDriven(state, run))
    .filter((run) => ![...state.jobs.values()].some((job) => job.spec.run === run.id && isLive(job)))
    .sort(newestFirst)
    .reverse()
    .slice(0, limit);
  const answer = stranded.map(endOf);
  return { state: answer.reduce(strand, state), answer };
}

/** The matching runs, newest first by id, with the counters of their steps. */
export function runsOf(state: ModelState, filter: RunFilter): readonly RunRow[] {
  return [...state.runs.values()]
    .filter((run) => filter.ids === undefined || filter.ids.includes(run.id))
    .filter((run) => filter.definition === undefined || filter.definition === run.definition)
    .filter((run) => filter.instance === undefined || filter.instance === run.instance)
    .filter((run) => filter.tenant === undefined || filter.tenant === run.tenant)
    .filter((run) => filter.states === undefined || filter.states.includes(run.state))
    .sort(newestFirst)
    .map((run) => ({ ...run, counters: runCounters(state, run) }));
}

function wouldDouble(state: ModelState, run: ModelRun, move: RunMove): boolean {
  const others = instanceRuns(state, run).filter((other) => other.id !== run.id);
  return !isFinishedRun(move.to) && others.some((other) => !isFinishedRun(other.state));
}

function failAbandoned(state: ModelState, instance: NewRun): ModelState {
  const abandoned = instanceRuns(state, instance).filter(
    (run) => !isFinishedRun(run.state) && !isDriven(state, run),
  );
  return abandoned.map(endOf).reduce(strand, state);
}

function isDriven(state: ModelState, run: ModelRun): boolean {
  return isLiveJob(state, run.coordinator);
}

function isLiveJob(state: ModelState, id: JobId): boolean {
  const job = state.jobs.get(id);
  return job !== undefined && isLive(job);
}

function endOf({ id, state: from }: ModelRun): SweptRun {
  return { run: id, to: from === "cancelling" ? "cancelled" : "failed" };
}

function strand(state: ModelState, { run: id, to }: SweptRun): ModelState {
  const run = state.runs.get(id);
  if (run === undefined) return state;
  const times = { updatedAtMs: state.nowMs, finishedAtMs: state.nowMs };
  const error = to === "failed" ? ABANDONED : run.error;
  return strandSteps(withRun(state, { ...run, ...times, state: to, error }), id, to);
}

function instanceRuns(
  state: ModelState,
  instance: Pick<NewRun, "definition" | "instance">,
): readonly ModelRun[] {
  return [...state.runs.values()]
    .filter((run) => run.definition === instance.definition && run.instance === instance.instance)
    .sort(newestFirst);
}

function openRun(run: NewRun, coordinator: NewJob, nowMs: number): ModelRun {
  return {
    id: run.id,
    definition: run.definition,
    instance: run.instance,
    tenant: run.tenant,
    params: run.params,
    queue: run.queue,
    priority: run.priority,
    submittedBy: run.submittedBy,
    correlationId: run.correlationId,
    version: run.version,
    state: "running",
    coordinator: coordinator.id,
    restarts: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

function withRun(state: ModelState, run: ModelRun): ModelState {
  return { ...state, runs: new Map(state.runs).set(run.id, run) };
}

function newestFirst(left: ModelRun, right: ModelRun): number {
  return left.id > right.id ? -1 : 1;
}

function runCounters(state: ModelState, run: ModelRun): RunRow["counters"] {
  const steps = knownSteps(state).filter((step) => step.run === run.id);
  const counters = steps.map((step) => [step.step, stepCounters(state, step)] as const);
  return Object.fromEntries(counters.filter(([, record]) => Object.keys(record).length > 0));
}
