/** startRun, moveRun, sweepRuns, findRuns: the verbs of runs over everything they touch. */
import { moveEntries } from "../model/audit-entry.ts";
import type { JobId, RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import {
  ABANDONED_RUN,
  isFinishedRun,
  type NewRun,
  type RunMove,
  type RunRow,
  type RunStart,
  type SweptRun,
} from "../model/run.ts";
import { stepScope } from "../model/step.ts";
import type { Page } from "../store/call.ts";
import type { RunFilter, RunPageOptions } from "../store/run-store.ts";
import { isHeldBy, type Moment } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";
import type { Run } from "./runs.ts";

/** The port's startRun. */
export function startRun(memory: Memory, run: NewRun, coordinator: NewJob): RunStart {
  return change(memory, (moment) => {
    failOrphan(memory, run, moment.now);
    const { active, completed } = memory.runs.instance(run);
    if (active !== undefined) return { result: "resumed", run: active };
    if (completed !== undefined && !run.rerun && !run.force) return { result: "finished", run: completed };
    if (isKnownRun(memory, run.id)) return { result: "finished", run: run.id };
    if (!hasRoom(memory, coordinator)) {
      moment.change.refuse(coordinator);
      return { result: "queue-full" };
    }
    memory.runs.open(run, coordinator.id, moment.now);
    addCoordinator(memory, coordinator, moment);
    return { result: "started", run: run.id };
  });
}

/** Whether there is a run of this id, or something of one that was removed. */
export function isKnownRun({ runs, removedRuns }: Memory, id: RunId): boolean {
  return runs.get(id) !== undefined || removedRuns.has(id);
}

/** Whether the queue has room; a job that is there already needs none. */
function hasRoom({ jobs, queues, journal }: Memory, coordinator: NewJob): boolean {
  return jobs.isKnown(coordinator.id) || queues.room([coordinator], journal).take(coordinator);
}

function addCoordinator(memory: Memory, coordinator: NewJob, moment: Moment): void {
  if (!memory.jobs.isKnown(coordinator.id)) memory.jobs.add(coordinator, moment);
}

/** An active run whose coordinator will never run again stands in nobody's way. */
function failOrphan(memory: Memory, instance: NewRun, now: number): void {
  const { active } = memory.runs.instance(instance);
  const run = active && memory.runs.get(active);
  if (!run || memory.jobs.isLive(run.coordinator)) return;
  endStranded(memory, run, now);
}

/** Ends a run that nobody drives any more, and the steps it leaves begun. */
function endStranded(memory: Memory, run: Run, now: number): SweptRun {
  const to = run.state === "cancelling" ? "cancelled" : "failed";
  memory.runs.move(run, to === "failed" ? { to, error: ABANDONED_RUN } : { to }, now);
  memory.steps.strand(run.id, to, now);
  audit(memory, run, { to });
  return { run: run.id, to };
}

/** Has the runs of coordinators that are about to be cancelled say so. */
export function cancelRunsOf(memory: Memory, coordinators: readonly JobId[]): void {
  for (const id of coordinators) {
    const of = memory.jobs.get(id)?.run;
    const run = of === undefined ? undefined : memory.runs.get(of);
    if (run === undefined || run.coordinator !== id || isFinishedRun(run.state)) continue;
    memory.runs.move(run, { to: "cancelling" }, memory.clock.now());
  }
}

/** The port's sweepRuns. */
export function sweepRuns(memory: Memory, limit: number): SweptRun[] {
  const now = memory.clock.now();
  const stranded = memory.runs.active().filter((run) => isStranded(memory, run));
  return stranded.slice(0, limit).map((run) => endStranded(memory, run, now));
}

function isStranded({ jobs }: Memory, run: Run): boolean {
  return !jobs.isLive(run.coordinator) && !jobs.hasLive(run.id);
}

/** The port's moveRun: whether the run is known, then the holder's token, then its state decides. */
export function moveRun(memory: Memory, move: RunMove): "applied" | "conflict" | "fenced" | "not-found" {
  const run = memory.runs.get(move.run);
  if (run === undefined) return "not-found";
  const { holder } = move;
  if (holder && !isHeldBy(memory.jobs.get(holder.id), holder.token)) return "fenced";
  const { coordinator } = move;
  if (coordinator?.id === run.coordinator) return "applied"; // by an earlier call, whose answer was lost
  if (!move.from.includes(run.state) || wouldDouble(memory, run, move)) return "conflict";
  if (coordinator === undefined) memory.runs.move(run, move, memory.clock.now());
  else restart(memory, run, { ...move, coordinator });
  audit(memory, run, move);
  return "applied";
}

function restart(memory: Memory, run: Run, move: RunMove & { readonly coordinator: NewJob }): void {
  const { coordinator } = move;
  change(memory, (moment) => {
    memory.runs.restart(run, move, { coordinator: coordinator.id, now: moment.now });
    addCoordinator(memory, coordinator, moment);
  });
}

/** Writes down a move that the audit is to keep; `run` is as it was before. */
function audit(memory: Memory, run: Run, move: Pick<RunMove, "to" | "note" | "coordinator">): void {
  const { id, tenant, definition, state: from } = run;
  const { to, note } = move;
  const coordinator = move.coordinator?.id ?? run.coordinator;
  const entries = moveEntries({ run: id, tenant, definition, coordinator, from, to, note });
  memory.audit.append(entries, memory.clock.now());
}

/** Whether the move would give the instance a second active run. */
function wouldDouble(memory: Memory, run: Run, move: RunMove): boolean {
  const { active } = memory.runs.instance(run);
  return !isFinishedRun(move.to) && active !== undefined && active !== run.id;
}

/** The port's findRuns. */
export function findRuns(memory: Memory, filter: RunFilter, page: RunPageOptions): Page<RunRow> {
  const { counters = true } = page;
  return memory.runs.list(filter, page, (run) => ({
    ...run,
    counters: counters ? countersOf(memory, run) : {},
  }));
}

function countersOf(memory: Memory, run: Run): RunRow["counters"] {
  const steps = [...memory.ledger.steps(run.id)].map(
    (step) => [step, memory.journal.counters(stepScope({ run: run.id, step }))] as const,
  );
  return Object.fromEntries(steps.filter(([, counters]) => Object.keys(counters).length > 0));
}
