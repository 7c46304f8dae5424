/** The steps of runs: what was last said of each. */
import type { RunId } from "../model/ids.ts";
import { markedStep, type StepMark, type StepRow, strandedState } from "../model/step.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { StepFilter } from "../store/run-store.ts";
import { pageOf } from "./page.ts";
import { byBytes, SortedKeys } from "./sorted-keys.ts";

interface RunSteps {
  readonly rows: Map<string, StepRow>;
  readonly names: SortedKeys<string>;
}

/** Step rows by run and name. */
export class Steps {
  readonly #runs = new Map<RunId, RunSteps>();

  /** Puts a mark in the place of the step's earlier one. */
  mark(mark: StepMark, now: number): void {
    const { rows, names } = this.#open(mark.run);
    const earlier = rows.get(mark.step);
    if (earlier === undefined) names.add(mark.step);
    rows.set(mark.step, markedStep(earlier, mark, now));
  }

  /** Marks what a run that is ended from outside leaves begun. */
  strand(run: RunId, to: "cancelled" | "failed", now: number): void {
    for (const row of this.#runs.get(run)?.rows.values() ?? []) {
      const state = strandedState(row.state, to);
      if (state !== undefined) this.mark({ ...row, state }, now);
    }
  }

  list(filter: StepFilter, page: PageOptions): Page<StepRow> {
    const steps = this.#runs.get(filter.run);
    if (steps === undefined) return { rows: [] };
    return pageOf({
      keys: steps.names.among(filter.steps, page.after),
      limit: page.limit,
      row: (name) => {
        const row = steps.rows.get(name);
        const fits = row && (!filter.states || filter.states.includes(row.state));
        return fits ? row : undefined;
      },
    });
  }

  /** Forgets a run's steps, at most `limit`; gives how many. */
  forget(run: RunId, limit: number): number {
    let left = limit;
    const rows = this.#runs.get(run)?.rows ?? new Map<string, StepRow>();
    for (const step of rows.keys()) {
      if (left === 0) return limit;
      rows.delete(step);
      left -= 1;
    }
    this.#runs.delete(run);
    return limit - left;
  }

  #open(run: RunId): RunSteps {
    const steps = this.#runs.get(run) ?? { rows: new Map(), names: new SortedKeys(byBytes) };
    this.#runs.set(run, steps);
    return steps;
  }
}
