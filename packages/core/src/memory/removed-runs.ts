/** removeRuns, cleanUpRuns, purgeRuns: finished runs are forgotten, then what was written of them. */
import { runEntries } from "../model/audit-entry.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { RunId } from "../model/ids.ts";
import { isFinishedRun } from "../model/run.ts";
import { runScopes } from "../model/step.ts";
import type { Page } from "../store/call.ts";
import { runCleanUpEntries } from "../store/clean-up-entries.ts";
import type { RemoveRunAnswer, RunCleanUpOptions } from "../store/run-store.ts";
import type { Memory } from "./memory.ts";
import type { Run } from "./runs.ts";

/** What a pass did, and whether there is more to do. */
interface Removal {
  readonly removed: number;
  readonly more: boolean;
}

/** The port's removeRuns. */
export function removeRuns(memory: Memory, ids: readonly RunId[], note: ControlNote): RemoveRunAnswer[] {
  const removed = new Map<RunId, Run>();
  const answers = ids.map((id): RemoveRunAnswer => {
    if (removed.has(id)) return "removed";
    const run = memory.runs.get(id);
    if (run === undefined) return "not-found";
    if (!isOver(memory, run)) return "still-active";
    remove(memory, run);
    removed.set(id, run);
    return "removed";
  });
  const runs = [...removed.values()];
  memory.audit.append(
    runEntries(note, { type: "run.removed", action: "removeRuns", runs }),
    memory.clock.now(),
  );
  return answers;
}

/** The port's cleanUpRuns; a process of its own is never in its own way. */
export function cleanUpRuns(memory: Memory, options: RunCleanUpOptions): Removal {
  const now = memory.clock.now();
  const old = memory.runs
    .finishedUntil(now - options.olderThanMs, options.states)
    .filter((run) => isOver(memory, run));
  const runs = old.slice(0, options.limit);
  for (const run of runs) remove(memory, run);
  memory.audit.append(runCleanUpEntries(options, runs), now);
  return { removed: runs.length, more: old.length > runs.length };
}

function isOver({ jobs }: Memory, run: Run): boolean {
  return isFinishedRun(run.state) && !jobs.hasLive(run.id);
}

function remove(memory: Memory, run: Run): void {
  memory.runs.remove(run);
  memory.removedRuns.add(run.id);
}

/** The port's purgeRuns. */
export function purgeRuns(memory: Memory, limit: number): Removal {
  const { removedRuns, ledger, steps, journal } = memory;
  let left = limit;
  for (const run of removedRuns) {
    left -= ledger.forget(run, left);
    left -= steps.forget(run, left);
    left -= journal.forgetUnder(runScopes(run), left);
    if (left === 0) return { removed: limit, more: true };
    if (!isWrittenOf(memory, run)) removedRuns.delete(run);
  }
  return { removed: limit - left, more: false };
}

/** Whether anything may yet be written of a removed run. */
function isWrittenOf({ jobs, journal }: Memory, run: RunId): boolean {
  return jobs.hasLive(run) || journal.isUnfoldedUnder(runScopes(run));
}

/** Of a removed run nothing is shown, whatever is left of it. */
export function unlessRemoved<T>({ removedRuns }: Memory, run: RunId, list: () => Page<T>): Page<T> {
  return removedRuns.has(run) ? { rows: [] } : list();
}
