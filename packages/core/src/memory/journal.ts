/** The journal: one row per writing call and kind of transition, numbered after the fact, and the counters its deltas add up to. */
import type { Change, ChangeRow } from "./change.ts";
import { Counters } from "./counters.ts";

const KEEP_MS = 24 * 60 * 60 * 1000;

interface Row extends ChangeRow {
  readonly atMs: number;
  position?: number;
}

/** Rows oldest first: `#folded` of them numbered and in the folded sums, the rest not yet. */
export class Journal {
  #rows: Row[] = [];
  #folded = 0;
  #position = 0;
  readonly #foldedSums = new Counters();
  readonly #unfoldedSums = new Counters();

  append(change: Change, atMs: number): void {
    for (const row of change.rows) {
      this.#rows.push({ ...row, atMs });
      this.#unfoldedSums.addAll(row.delta);
    }
  }

  /** Numbers at most `limit` rows; gives how many. */
  fold(limit: number): number {
    const rows = this.#rows.slice(this.#folded, this.#folded + limit);
    for (const row of rows) {
      this.#position += 1;
      row.position = this.#position;
      this.#foldedSums.addAll(row.delta);
      this.#unfoldedSums.subtractAll(row.delta);
    }
    this.#folded += rows.length;
    return rows.length;
  }

  /** Forgets numbered rows older than a day. */
  prune(now: number): void {
    let old = 0;
    while (old < this.#folded && (this.#rows[old]?.atMs ?? now) < now - KEEP_MS) old += 1;
    if (old === 0) return;
    this.#rows = this.#rows.slice(old);
    this.#folded -= old;
  }

  /** Folded plus unfolded, without zeros. */
  counters(scope: string): Readonly<Record<string, number>> {
    const sums = new Counters();
    for (const part of [this.#foldedSums, this.#unfoldedSums]) {
      for (const [name, count] of part.of(scope)) sums.add(scope, name, count);
    }
    return Object.fromEntries(sums.of(scope));
  }
}
