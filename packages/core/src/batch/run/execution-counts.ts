/** Counters of a step's executions, added up, and how many items they are of. */
import { MillraceError } from "../../model/errors.ts";
import { HIDDEN_PREFIX } from "../own-counters.ts";

/** Counters with what they say of how many items there are. */
export interface ExecutionCounts {
  readonly counters: Readonly<Record<string, number>>;
  /** Items in all: those read by a reader that has come to its end, else what it said there would be. */
  readonly total: number | undefined;
}

/** The counter of what a reader said of its total; hidden from people. */
export const TOTAL: string = `${HIDDEN_PREFIX}total`;

/** What one execution has counted. */
export function countsOf(counters: Readonly<Record<string, number>>): ExecutionCounts {
  const { read = 0, sealed = 0, [TOTAL]: told } = counters;
  if (sealed > 0) return { counters, total: read };
  return { counters, total: told === undefined ? undefined : Math.max(told, read) };
}

/** The sum; of a total that is known of each of the `expected` executions. */
export function sumOf(all: readonly Readonly<Record<string, number>>[], expected: number): ExecutionCounts {
  const sums = new Map<string, number>();
  for (const counters of all) {
    for (const [name, count] of Object.entries(counters)) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  const totals = all.flatMap((counters) => countsOf(counters).total ?? []);
  const isKnown = totals.length > 0 && totals.length >= expected;
  const total = isKnown ? totals.reduce((sum, each) => sum + each, 0) : undefined;
  return { counters: Object.fromEntries(sums), total };
}

/** @throws MillraceError `bad-usage` for what is no number of items. */
export function checkedTotal(items: number): number {
  if (Number.isSafeInteger(items) && items >= 0) return items;
  const shown = String(items).slice(0, MAX_SHOWN);
  throw new MillraceError(
    "bad-usage",
    `the reader gave ${shown} as its total; it takes a whole number, 0 or more`,
  );
}

const MAX_SHOWN = 50;
