/** What one call changed: journal rows in the making, one per kind of transition. */
import type { Transition } from "../model/event.ts";
import type { JobId } from "../model/ids.ts";
import { Counters } from "./counters.ts";
import type { Job } from "./job.ts";

/** What a journal row is about: transitions of one kind, or items written to the ledger. */
export type RowKind = Transition | "items";

/** One journal row: the jobs that went through `kind`, and what that adds to counters. */
export interface ChangeRow {
  readonly kind: RowKind;
  readonly ids: JobId[];
  readonly delta: Counters;
}

/** Collects the transitions of one call. */
export class Change {
  readonly #rows: ChangeRow[] = [];
  readonly #latest = new Map<JobId, ChangeRow>();

  /** The rows that hold anything, each job's transitions in the order they were noted. */
  get rows(): readonly ChangeRow[] {
    return this.#rows.filter(({ ids, delta }) => ids.length > 0 || !delta.isEmpty);
  }

  /** Notes a job's transition and what it adds to the counters of the job's queue and class. */
  note(kind: Transition, job: Job, counts: Readonly<Record<string, number>>): void {
    const row = this.#rowAfter(this.#latest.get(job.id), kind);
    this.#latest.set(job.id, row);
    row.ids.push(job.id);
    for (const [name, by] of Object.entries(counts)) {
      row.delta.add(`queue:${job.queue}:${job.priority}`, name, by);
    }
  }

  /** Adds what an attempt measured to the counters of the job's queue and class, with its last transition. */
  measure(job: Job, measures: Readonly<Record<string, number>>): void {
    const delta = this.#latest.get(job.id)?.delta;
    for (const [name, by] of Object.entries(measures))
      delta?.add(`queue:${job.queue}:${job.priority}`, name, by);
  }

  /** The row of items written to the ledger. */
  get items(): ChangeRow {
    return this.#rowAfter(undefined, "items");
  }

  /** The row of a kind, a new one where the only one there stands before what the job went through last. */
  #rowAfter(earlier: ChangeRow | undefined, kind: RowKind): ChangeRow {
    const from = earlier === undefined ? 0 : this.#rows.indexOf(earlier) + 1;
    const known = this.#rows.find((row, index) => index >= from && row.kind === kind);
    if (known !== undefined) return known;
    const row = { kind, ids: [], delta: new Counters() };
    this.#rows.push(row);
    return row;
  }
}
