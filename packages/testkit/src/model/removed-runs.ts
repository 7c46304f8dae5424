/** How the reference model forgets runs: whole, and at once. */
import { isFinishedRun, type RemoveRunAnswer, type RunCleanUpOptions, type RunId } from "@millrace/core";
import { type Answer, inOrder, isLive, type ModelRun, type ModelState } from "./state.ts";

/** Forgets finished runs; one met twice is answered alike. */
export function removeRuns(state: ModelState, ids: readonly RunId[]): Answer<readonly RemoveRunAnswer[]> {
  return inOrder(state, ids, (before, id): Answer<RemoveRunAnswer> => {
    const run = state.runs.get(id);
    if (run === undefined) return { state: before, answer: "not-found" };
    if (!isOver(state, run)) return { state: before, answer: "still-active" };
    return { state: withoutRun(before, run), answer: "removed" };
  });
}

/** Forgets the oldest finished runs of these states. */
export function cleanUpRuns(
  state: ModelState,
  { olderThanMs, states, limit }: RunCleanUpOptions,
): Answer<{ readonly removed: number; readonly more: boolean }> {
  const old = [...state.runs.values()]
    .filter((run) => states.some((wanted) => wanted === run.state) && isOver(state, run))
    .filter(({ finishedAtMs = state.nowMs }) => finishedAtMs <= state.nowMs - olderThanMs)
    .sort(byAge);
  const removed = old.slice(0, limit);
  return {
    state: removed.reduce(withoutRun, state),
    answer: { removed: removed.length, more: old.length > removed.length },
  };
}

function isOver(state: ModelState, run: ModelRun): boolean {
  const hasLiveJob = [...state.jobs.values()].some((job) => job.spec.run === run.id && isLive(job));
  return isFinishedRun(run.state) && !hasLiveJob;
}

function byAge(left: ModelRun, right: ModelRun): number {
  return (left.finishedAtMs ?? 0) - (right.finishedAtMs ?? 0) || (left.id < right.id ? -1 : 1);
}

function withoutRun(state: ModelState, { id }: ModelRun): ModelState {
  const isOther = ({ run }: { readonly run: RunId }) => run !== id;
  const runs = new Map(state.runs);
  runs.delete(id);
  return {
    ...state,
    runs,
    steps: state.steps.filter(isOther),
    ledger: state.ledger.filter(isOther),
    entries: state.entries.filter(isOther),
  };
}
