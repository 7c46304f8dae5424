/** The journal: one row per writing call and kind of transition, numbered after the fact, and the counters its deltas add up to. */
import type { Position } from "../store/position.ts";
import type { Change, ChangeRow } from "./change.ts";
import { Counters } from "./counters.ts";
import { Minutes } from "./minutes.ts";

const KEEP_MS = 24 * 60 * 60 * 1000;
const START: Position = Object.freeze({ row: 0n, index: 0 });

interface Row extends ChangeRow {
  readonly atMs: number;
}

/** A numbered row. */
export interface NumberedRow extends Row {
  readonly number: number;
}

/** Rows oldest first: `#folded` of them numbered and in the folded sums, the rest not yet. */
export class Journal {
  #rows: Row[] = [];
  #folded = 0;
  /** The number of the last folded row; those before it count down from there. */
  #position = 0;
  #floor = START;
  readonly #foldedSums = new Counters();
  readonly #unfoldedSums = new Counters();
  readonly #minutes = new Minutes();

  append(change: Change, atMs: number): void {
    for (const row of change.rows) {
      this.#rows.push({ kind: row.kind, ids: row.ids, delta: row.delta, atMs });
      this.#unfoldedSums.addAll(row.delta);
      this.#minutes.add(row.delta, atMs);
    }
  }

  /** Numbers at most `limit` rows; gives how many. */
  fold(limit: number): number {
    const rows = this.#rows.slice(this.#folded, this.#folded + limit);
    for (const row of rows) {
      this.#foldedSums.addAll(row.delta);
      this.#unfoldedSums.subtractAll(row.delta);
    }
    this.#position += rows.length;
    this.#folded += rows.length;
    return rows.length;
  }

  /** Forgets numbered rows older than `keepMs`. */
  prune(now: number, keepMs: number = KEEP_MS): void {
    this.#minutes.prune(now);
    let old = 0;
    while (old < this.#folded && (this.#rows[old]?.atMs ?? now) < now - keepMs) old += 1;
    const last = this.#rows[old - 1];
    if (last === undefined) return;
    this.#floor = { row: BigInt(this.#position - this.#folded + old), index: sizeOf(last) };
    this.#rows = this.#rows.slice(old);
    this.#folded -= old;
  }

  /** The end of the last row forgotten: events up to here are gone. */
  get floor(): Position {
    return this.#floor;
  }

  /** The end of the last numbered row. */
  get latest(): Position {
    const last = this.#rows[this.#folded - 1];
    return last === undefined ? this.#floor : { row: BigInt(this.#position), index: sizeOf(last) };
  }

  /** Numbered rows from this number on that are kept, at most `limit`. */
  numbered(from: bigint, limit: number): readonly NumberedRow[] {
    const first = this.#position - this.#folded + 1;
    const start = Math.max(0, Number(from) - first);
    const end = Math.min(start + limit, this.#folded);
    return this.#rows.slice(start, end).map((row, index) => ({ ...row, number: first + start + index }));
  }

  /** What was added in the last minutes. */
  recent(minutes: number, now: number): Counters {
    return this.#minutes.last(minutes, now);
  }

  /** Folded plus unfolded, of all scopes. */
  sums(): Counters {
    const sums = new Counters();
    sums.addAll(this.#foldedSums);
    sums.addAll(this.#unfoldedSums);
    return sums;
  }

  /** Forgets folded counts of the scopes that begin so, at most `limit`; gives how many. */
  forgetUnder(prefix: string, limit: number): number {
    return this.#foldedSums.deleteUnder(prefix, limit);
  }

  /** Whether counts of such scopes are still to be folded. */
  isUnfoldedUnder(prefix: string): boolean {
    return this.#rows.slice(this.#folded).some(({ delta }) => delta.hasUnder(prefix));
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

/** Events of a row: what was written to the ledger is none. */
function sizeOf(row: ChangeRow): number {
  return row.kind === "items" ? 0 : row.ids.length;
}
