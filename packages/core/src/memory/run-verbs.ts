/** startRun, moveRun, findRuns: the verbs of runs over everything they touch. */
import { moveEntries } from "../model/audit-entry.ts";
import type { NewJob } from "../model/job.ts";
import { isFinishedRun, type NewRun, type RunMove, type RunRow, type RunStart } from "../model/run.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { RunFilter } from "../store/run-store.ts";
import { isHeldBy } from "./jobs.ts";
import { stepScope } from "./ledger.ts";
import { change, type Memory } from "./memory.ts";
import type { Run } from "./runs.ts";

/** The port's startRun. */
export function startRun(memory: Memory, run: NewRun, coordinator: NewJob): RunStart {
  return change(memory, (moment) => {
    failOrphan(memory, run, moment.now);
    const { active, completed } = memory.runs.instance(run);
    if (active !== undefined) return { result: "resumed", run: active };
    if (completed !== undefined && !run.rerun) return { result: "finished", run: completed };
    if (memory.runs.get(run.id)) return { result: "finished", run: run.id };
    memory.runs.open(run, coordinator.id, moment.now);
    if (!memory.jobs.isKnown(coordinator.id)) memory.jobs.add(coordinator, moment);
    return { result: "started", run: run.id };
  });
}

/** What failed a run whose coordinator ended without moving it. */
const ABANDONED = '{"class":"crashed","message":"the run\'s coordinator was given up"}';

/** An active run whose coordinator will never run again stands in nobody's way. */
function failOrphan(memory: Memory, instance: NewRun, now: number): void {
  const { active } = memory.runs.instance(instance);
  const run = active && memory.runs.get(active);
  if (!run || memory.jobs.isLive(run.coordinator)) return;
  memory.runs.move(run, { to: "failed", error: ABANDONED }, now);
  audit(memory, run, { to: "failed" });
}

/** The port's moveRun: whether the run is known, then the holder's token, then its state decides. */
export function moveRun(memory: Memory, move: RunMove): "applied" | "conflict" | "fenced" | "not-found" {
  const run = memory.runs.get(move.run);
  if (run === undefined) return "not-found";
  const { holder } = move;
  if (holder && !isHeldBy(memory.jobs.get(holder.id), holder.token)) return "fenced";
  if (!move.from.includes(run.state) || wouldDouble(memory, run, move)) return "conflict";
  memory.runs.move(run, move, memory.clock.now());
  audit(memory, run, move);
  return "applied";
}

/** Writes down a move that the audit is to keep; `run` is as it was before. */
function audit(memory: Memory, run: Run, { to, note }: Pick<RunMove, "to" | "note">): void {
  const { id, tenant, definition, coordinator, state: from } = run;
  const entries = moveEntries({ run: id, tenant, definition, coordinator, from, to, note });
  memory.audit.append(entries, memory.clock.now());
}

/** Whether the move would give the instance a second active run. */
function wouldDouble(memory: Memory, run: Run, move: RunMove): boolean {
  const { active } = memory.runs.instance(run);
  return !isFinishedRun(move.to) && active !== undefined && active !== run.id;
}

/** The port's findRuns. */
export function findRuns(memory: Memory, filter: RunFilter, page: PageOptions): Page<RunRow> {
  return memory.runs.list(filter, page, (run) => ({ ...run, counters: countersOf(memory, run) }));
}

function countersOf(memory: Memory, run: Run): RunRow["counters"] {
  const steps = [...memory.ledger.steps(run.id)].map(
    (step) => [step, memory.journal.counters(stepScope({ run: run.id, step }))] as const,
  );
  return Object.fromEntries(steps.filter(([, counters]) => Object.keys(counters).length > 0));
}
