/** Counters of a step's executions, added up. */

/** Counters, and whether all that is to be read has been. */
export interface ExecutionCounts {
  readonly counters: Readonly<Record<string, number>>;
  readonly isSealed: boolean;
}

/** The sum; sealed once each of the `expected` executions is. */
export function sumOf(all: readonly Readonly<Record<string, number>>[], expected: number): ExecutionCounts {
  const sums = new Map<string, number>();
  for (const counters of all) {
    for (const [name, count] of Object.entries(counters)) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  const sealed = all.filter((counters) => (counters["sealed"] ?? 0) > 0).length;
  return { counters: Object.fromEntries(sums), isSealed: sealed > 0 && sealed >= expected };
}
