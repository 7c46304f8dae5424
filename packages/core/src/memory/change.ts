/** What one call changed: journal rows in the making, one per kind of transition. */
import type { Transition } from "../model/event.ts";
import type { JobId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import { Counters } from "./counters.ts";
import type { Job } from "./job.ts";
import { type Move, Moves } from "./moves.ts";

/** What a journal row is about: transitions of one kind, jobs refused or of another class, or items written to the ledger. */
export type RowKind = Transition | "refused" | "reprioritised" | "items";

/** One journal row: the jobs that went through `kind`, and what that adds to counters. */
export interface ChangeRow {
  readonly kind: RowKind;
  readonly ids: JobId[];
  readonly delta: Counters;
}

/** Collects the transitions of one call. */
export class Change {
  readonly #rows: DraftRow[] = [];
  readonly #rowsBefore: number;
  readonly #scopeOf = scopeNames();

  /** @param rowsBefore how many rows earlier calls have begun: a job knows by number where it was noted last. */
  constructor(rowsBefore: number) {
    this.#rowsBefore = rowsBefore;
  }

  /** How many rows have been begun, earlier calls' included. */
  get rowsBegun(): number {
    return this.#rowsBefore + this.#rows.length;
  }

  /** The rows that hold anything, each job's transitions in the order they were noted. */
  get rows(): readonly ChangeRow[] {
    for (const row of this.#rows) row.moves.flush();
    return this.#rows.filter(({ ids, delta }) => ids.length > 0 || !delta.isEmpty);
  }

  /** Notes a job's transition and where that has it counted, among its queue and class. */
  note(kind: Transition, job: Job, move: Move): void {
    const index = this.#indexAfter(job.notedIn - this.#rowsBefore, kind);
    const row = this.#rows[index] as DraftRow; // #indexAfter gives indices in range
    job.notedIn = this.#rowsBefore + index + 1;
    row.ids.push(job.id);
    row.moves.add(this.#scopeOf(job.queue, job.priority), move);
  }

  /** Counts a queued job over from another class to its own, with the transition noted for it last. */
  moved(job: Job, from: Priority): void {
    const delta = this.#lastOf(job)?.delta;
    delta?.add(this.#scopeOf(job.queue, from), "queued", -1);
    delta?.add(this.#scopeOf(job.queue, job.priority), "queued", 1);
  }

  /** Counts a queued job over from another class to its own, which is no transition of it. */
  reprioritised(job: Job, from: Priority): void {
    const { delta } = this.#row("reprioritised");
    delta.add(this.#scopeOf(job.queue, from), "queued", -1);
    delta.add(this.#scopeOf(job.queue, job.priority), "queued", 1);
  }

  /** Counts a job its queue had no room for. */
  refuse({ queue, priority }: NewJob): void {
    this.#row("refused").delta.add(this.#scopeOf(queue, priority), "refused", 1);
  }

  /** Adds what an attempt measured to the counters of the job's queue and class, with its last transition. */
  measure(job: Job, measures: Readonly<Record<string, number>>): void {
    const delta = this.#lastOf(job)?.delta;
    const scope = this.#scopeOf(job.queue, job.priority);
    for (const [name, by] of Object.entries(measures)) delta?.add(scope, name, by);
  }

  /** The row of items written to the ledger. */
  get items(): ChangeRow {
    return this.#row("items");
  }

  #row(kind: RowKind): DraftRow {
    return this.#rows[this.#indexAfter(0, kind)] as DraftRow; // #indexAfter gives indices in range
  }

  #lastOf(job: Job): DraftRow | undefined {
    return this.#rows[job.notedIn - this.#rowsBefore - 1];
  }

  /** Where the row of a kind is; a new one where the only one there stands before what the job went through last. */
  #indexAfter(earlier: number, kind: RowKind): number {
    let index = Math.max(earlier, 0);
    while (index < this.#rows.length && this.#rows[index]?.kind !== kind) index += 1;
    if (index === this.#rows.length) this.#rows.push(draftRow(kind));
    return index;
  }
}

/** A row, and moves not yet in its delta. */
interface DraftRow extends ChangeRow {
  readonly moves: Moves;
}

function draftRow(kind: RowKind): DraftRow {
  const delta = new Counters();
  return { kind, ids: [], delta, moves: new Moves(delta) };
}

/** Names scopes, the last one again without putting its name together. */
function scopeNames(): (queue: string, priority: Priority) => string {
  let last: { readonly queue: string; readonly priority: Priority; readonly scope: string } | undefined;
  return (queue, priority) => {
    if (last === undefined || last.queue !== queue || last.priority !== priority) {
      last = { queue, priority, scope: `queue:${queue}:${priority}` };
    }
    return last.scope;
  };
}
