/** The reference model's item ledger and step counters: a list of rows, and sums over it. */
import type { HolderWrite, ItemFilter, ItemOutcome, ItemRow, JobId, StepRef } from "@millrace/core";
import type { LedgerRow, ModelState } from "./state.ts";

/** Writes what a holder says of its step: items, replacing earlier ones of the same key, and counters. */
export function writeStep(state: ModelState, write: HolderWrite): ModelState {
  const { step } = write;
  if (step === undefined) return state;
  const put = (rows: readonly LedgerRow[], item: ItemOutcome) => {
    const isKnown = rows.some((row) => isSameStep(row, step) && row.item.key === item.key);
    if (isKnown && write.onlyNewItems === true) return rows;
    return replaceItem(rows, step, rowOf(item, write.id, state.nowMs));
  };
  const ledger = (write.items ?? []).reduce(put, state.ledger);
  const entry = { run: step.run, step: step.step, counters: write.counters ?? {} };
  return { ...state, ledger, entries: [...state.entries, entry] };
}

/** The items of a step, in byte order of their keys. */
export function itemsOf(state: ModelState, filter: ItemFilter): readonly ItemRow[] {
  return state.ledger
    .filter((row) => isSameStep(row, filter))
    .map((row) => row.item)
    .filter((item) => filter.states === undefined || filter.states.includes(item.state))
    .filter((item) => filter.keys === undefined || filter.keys.includes(item.key))
    .sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)));
}

/** A step's counters: one for each item's state, the items' tallies, and what was counted beside them. */
export function stepCounters(state: ModelState, step: StepRef): Readonly<Record<string, number>> {
  const items = state.ledger.filter((row) => isSameStep(row, step)).map((row) => row.item);
  const entries = state.entries.filter((entry) => isSameStep(entry, step)).map((entry) => entry.counters);
  return sum([
    ...items.map((item) => ({ [item.state]: 1 })),
    ...items.map((item) => item.tally ?? {}),
    ...entries,
  ]);
}

/** The steps of every run that anybody wrote to. */
export function knownSteps(state: ModelState): readonly StepRef[] {
  return state.entries
    .map(({ run, step }) => ({ run, step }))
    .filter((step, index, all) => all.findIndex((other) => isSameStep(step, other)) === index);
}

/** Adds records up by name; zeros are left out. */
export function sum(records: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const totals = new Map<string, number>();
  for (const record of records) {
    for (const [name, count] of Object.entries(record)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== 0));
}

function rowOf(item: ItemOutcome, job: JobId, atMs: number): ItemRow {
  return { ...item, job, atMs };
}

function replaceItem(rows: readonly LedgerRow[], step: StepRef, item: ItemRow): readonly LedgerRow[] {
  const others = rows.filter((row) => !(isSameStep(row, step) && row.item.key === item.key));
  return [...others, { run: step.run, step: step.step, item }];
}

function isSameStep(left: StepRef, right: StepRef): boolean {
  return left.run === right.run && left.step === right.step;
}
