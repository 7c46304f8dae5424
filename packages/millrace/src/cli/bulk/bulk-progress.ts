/** How far bulk work is: the items of its run, as a run's progress. */
import { countsOf, ItemMeter, isFinishedRun, type RunProgress, type RunRow } from "@millrace/core";
import { runWords } from "../batch/watch-run.ts";
import type { ProgressWords } from "../progress-display.ts";

/** Turns snapshots of the run's row into progress of its step with the items. */
export class BulkMeter {
  readonly #items = new ItemMeter();
  readonly #step: string;

  constructor(step: string) {
    this.#step = step;
  }

  /** Takes the next snapshot; `nowMs` is monotonic. */
  see({ state, counters: all }: Pick<RunRow, "state" | "counters">, nowMs: number): RunProgress {
    const counters = all[this.#step];
    const items = this.#items.see(countsOf(counters ?? {}), { isOver: isFinishedRun(state), nowMs });
    return { state, ...(counters && { step: this.#step }), steps: [], ...items };
  }
}

/** What a display shows of it: `embed: 12/40 items`. */
export function bulkWords(verb: string): (progress: RunProgress) => ProgressWords {
  return ({ step, ...progress }) => runWords(step === undefined ? progress : { ...progress, step: verb });
}
