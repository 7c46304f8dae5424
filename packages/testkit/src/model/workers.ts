/** How the reference model keeps the registry of workers. */
import type { WorkerId, WorkerRow, WorkerWord } from "@millrace/core";
import type { Answer, ModelState, ModelWorker } from "./state.ts";

/** Enters or renews workers; one whose word had run out begins anew. */
export function registerWorkers(
  state: ModelState,
  words: readonly WorkerWord[],
  forMs: number,
): Answer<undefined> {
  const before = new Map(state.workers);
  const workers = new Map(before);
  for (const { upMs, ...word } of words) {
    const known = before.get(word.id);
    const startedAtMs = isLive(state, known) ? known.row.startedAtMs : state.nowMs - upMs;
    const row = { ...word, startedAtMs, seenAtMs: state.nowMs };
    workers.set(word.id, { row, untilMs: state.nowMs + forMs });
  }
  return { state: { ...state, workers }, answer: undefined };
}

/** Forgets workers. */
export function removeWorkers(state: ModelState, ids: readonly WorkerId[]): Answer<undefined> {
  const workers = new Map([...state.workers].filter(([id]) => !ids.includes(id)));
  return { state: { ...state, workers }, answer: undefined };
}

/** The live ones, by id. */
export function workersOf(state: ModelState): readonly WorkerRow[] {
  return [...state.workers.values()]
    .filter((worker) => isLive(state, worker))
    .map(({ row }) => row)
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

function isLive(state: ModelState, worker: ModelWorker | undefined): worker is ModelWorker {
  return worker !== undefined && worker.untilMs > state.nowMs;
}
