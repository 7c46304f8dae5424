/** The item ledger: the last outcome of every item of every step, and what it adds to the step's counters. */
import type { JobId, RunId } from "../model/ids.ts";
import type { ItemOutcome, StepRef } from "../model/settlement.ts";
import { stepScope } from "../model/step.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { ItemFilter, ItemRow } from "../store/run-store.ts";
import type { Counters } from "./counters.ts";
import { pageOf } from "./page.ts";
import { byBytes, SortedKeys } from "./sorted-keys.ts";

interface StepLedger {
  readonly rows: Map<string, ItemRow>;
  readonly keys: SortedKeys<string>;
}

/** Who writes items, when, and where their counts go. */
export interface ItemWriter {
  readonly step: StepRef;
  readonly job: JobId;
  readonly atMs: number;
  readonly delta: Counters;
}

/** Items by run, step and key. */
export class Ledger {
  readonly #runs = new Map<RunId, Map<string, StepLedger>>();

  /** Steps of a run that anything was written to. */
  steps(run: RunId): Iterable<string> {
    return this.#runs.get(run)?.keys() ?? [];
  }

  has({ run, step }: StepRef, key: string): boolean {
    return this.#runs.get(run)?.get(step)?.rows.has(key) ?? false;
  }

  /** Adds plain counts to a step. */
  count(step: StepRef, counters: Readonly<Record<string, number>>, delta: Counters): void {
    this.#open(step);
    for (const [name, by] of Object.entries(counters)) delta.add(stepScope(step), name, by);
  }

  /** Puts an outcome in the place of the item's earlier one. */
  put(item: ItemOutcome, writer: ItemWriter): void {
    const ledger = this.#open(writer.step);
    const earlier = ledger.rows.get(item.key);
    if (earlier) tell(earlier, -1, writer);
    else ledger.keys.add(item.key);
    const row = {
      ...item,
      ...(item.tally && { tally: { ...item.tally } }),
      job: writer.job,
      atMs: writer.atMs,
    };
    ledger.rows.set(item.key, row);
    tell(row, 1, writer);
  }

  list(filter: ItemFilter, page: PageOptions): Page<ItemRow> {
    const ledger = this.#runs.get(filter.run)?.get(filter.step);
    if (ledger === undefined) return { rows: [] };
    return pageOf({
      keys: ledger.keys.among(filter.keys, page.after),
      limit: page.limit,
      row: (key) => {
        const row = ledger.rows.get(key);
        const fits = row && (!filter.states || filter.states.includes(row.state));
        return fits ? copyOf(row) : undefined;
      },
    });
  }

  /** Forgets a run's rows, at most `limit`; gives how many. */
  forget(run: RunId, limit: number): number {
    let left = limit;
    for (const { rows } of this.#runs.get(run)?.values() ?? []) {
      for (const key of rows.keys()) {
        if (left === 0) return limit;
        rows.delete(key);
        left -= 1;
      }
    }
    this.#runs.delete(run);
    return limit - left;
  }

  #open(step: StepRef): StepLedger {
    const steps = this.#runs.get(step.run) ?? new Map<string, StepLedger>();
    const ledger = steps.get(step.step) ?? { rows: new Map(), keys: new SortedKeys(byBytes) };
    this.#runs.set(step.run, steps.set(step.step, ledger));
    return ledger;
  }
}

/** Nobody outside holds what the ledger keeps. */
function copyOf<T extends ItemOutcome>(item: T): T {
  return item.tally === undefined ? { ...item } : { ...item, tally: { ...item.tally } };
}

/** Adds (or with −1 takes back) what a row says to its step's counters. */
function tell(row: ItemOutcome, times: 1 | -1, writer: ItemWriter): void {
  const scope = stepScope(writer.step);
  writer.delta.add(scope, row.state, times);
  for (const [name, by] of Object.entries(row.tally ?? {})) writer.delta.add(scope, name, times * by);
}
