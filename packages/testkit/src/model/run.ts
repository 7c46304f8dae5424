/** The reference model's runs. */
import {
  isFinishedRun,
  type NewJob,
  type NewRun,
  type RunFilter,
  type RunMove,
  type RunRow,
  type RunStart,
} from "@millrace/core";
import { addCoordinator } from "./enqueue.ts";
import { knownSteps, stepCounters } from "./ledger.ts";
import { type Answer, isLive, type ModelRun, type ModelState } from "./state.ts";

/** What `moveRun` answers. */
export type MoveAnswer = "applied" | "conflict" | "fenced" | "not-found";

/** What becomes of a run whose coordinator has ended without moving it. */
const FAILED = {
  state: "failed",
  error: '{"class":"crashed","message":"the run\'s coordinator was given up"}',
} as const;

/** Opens a run with its coordinator, unless the instance is active or has completed for good. */
export function startRun(state: ModelState, run: NewRun, coordinator: NewJob): Answer<RunStart> {
  const swept = failAbandoned(state, run);
  const earlier = instanceRuns(swept, run);
  const active = earlier.find((other) => !isFinishedRun(other.state));
  if (active !== undefined) return { state: swept, answer: { result: "resumed", run: active.id } };
  const completed = earlier.find((other) => other.state === "completed");
  if (completed !== undefined && !run.rerun) {
    return { state: swept, answer: { result: "finished", run: completed.id } };
  }
  const opened = withRun(swept, openRun(run, coordinator, state.nowMs));
  return {
    state: addCoordinator(opened, coordinator),
    answer: { result: "started", run: run.id },
  };
}

/**
 * Moves a run; the holder is judged before the state it comes from. A finished run does not become active again while
 * its instance has another active run.
 */
export function moveRun(state: ModelState, move: RunMove): Answer<MoveAnswer> {
  const run = state.runs.get(move.run);
  if (run === undefined) return { state, answer: "not-found" };
  if (move.holder !== undefined && state.jobs.get(move.holder.id)?.token !== move.holder.token) {
    return { state, answer: "fenced" };
  }
  if (!move.from.includes(run.state) || wouldDouble(state, run, move)) return { state, answer: "conflict" };
  const moved: ModelRun = {
    ...run,
    state: move.to,
    updatedAtMs: state.nowMs,
    finishedAtMs: isFinishedRun(move.to) ? state.nowMs : undefined,
    result: move.result ?? run.result,
    error: move.error ?? run.error,
  };
  return { state: withRun(state, moved), answer: "applied" };
}

/** The matching runs, newest first by id, with the counters of their steps. */
export function runsOf(state: ModelState, filter: RunFilter): readonly RunRow[] {
  return [...state.runs.values()]
    .filter((run) => filter.ids === undefined || filter.ids.includes(run.id))
    .filter((run) => filter.definition === undefined || filter.definition === run.definition)
    .filter((run) => filter.states === undefined || filter.states.includes(run.state))
    .sort(newestFirst)
    .map((run) => ({ ...run, counters: runCounters(state, run) }));
}

function wouldDouble(state: ModelState, run: ModelRun, move: RunMove): boolean {
  const others = instanceRuns(state, run).filter((other) => other.id !== run.id);
  return !isFinishedRun(move.to) && others.some((other) => !isFinishedRun(other.state));
}

function failAbandoned(state: ModelState, instance: NewRun): ModelState {
  const abandoned = instanceRuns(state, instance).filter((run) => {
    const coordinator = state.jobs.get(run.coordinator);
    return !isFinishedRun(run.state) && (coordinator === undefined || !isLive(coordinator));
  });
  return abandoned.reduce(
    (before, run) =>
      withRun(before, { ...run, ...FAILED, updatedAtMs: state.nowMs, finishedAtMs: state.nowMs }),
    state,
  );
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
    state: "running",
    queue: run.queue,
    priority: run.priority,
    submittedBy: run.submittedBy,
    correlationId: run.correlationId,
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
