/** Operations as the memory store keeps them: by id, and which is due next. */
import type { JobId, OperationId } from "../model/ids.ts";
import type { NewOperation, OperationMove, OperationRow } from "../model/operation.ts";
import { isFinishedOperation } from "../model/operation.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { OperationsFilter } from "../store/operation-store.ts";
import { pageOf } from "./page.ts";
import { newestFirst, SortedKeys } from "./sorted-keys.ts";

/** An operation, and what only the store knows of it. */
export interface Kept {
  readonly row: OperationRow;
  readonly dueAtMs: number;
  /** The last job whose turn has come. */
  readonly cursor: JobId | undefined;
}

/** All operations there ever were. */
export class Operations {
  readonly #kept = new Map<OperationId, Kept>();
  readonly #ids = new SortedKeys<OperationId>(newestFirst);

  get(id: OperationId): Kept | undefined {
    return this.#kept.get(id);
  }

  /** Adds one that is due at once. */
  add(operation: NewOperation, now: number): void {
    this.#ids.add(operation.id);
    const row: OperationRow = {
      ...operation,
      state: "running",
      createdAtMs: now,
      turn: 0,
      done: 0,
      skipped: 0,
      failed: 0,
      problems: [],
      canaryJobs: [],
      isCanaryPassed: false,
    };
    this.#kept.set(operation.id, { row, dueAtMs: now, cursor: undefined });
  }

  /** The one due for longest, if any is; none but `only` where that is given. */
  firstDue(now: number, only?: OperationId): Kept | undefined {
    let first: Kept | undefined;
    for (const kept of this.#kept.values()) {
      if (isFinishedOperation(kept.row.state) || kept.dueAtMs > now) continue;
      if (only !== undefined && kept.row.id !== only) continue;
      if (first === undefined || isBefore(kept, first)) first = kept;
    }
    return first;
  }

  /** Gives one to nobody else before `dueAtMs`; its turn is counted. */
  lend(kept: Kept, dueAtMs: number): Kept {
    return this.#put({ ...kept, row: { ...kept.row, turn: kept.row.turn + 1 }, dueAtMs });
  }

  /** Moves one on; up to `cursor` turns have come. */
  move(
    kept: Kept,
    { restMs, ...moved }: OperationMove,
    at: { now: number; cursor: JobId | undefined },
  ): void {
    const finishedAtMs = isFinishedOperation(moved.state) ? at.now : undefined;
    const row = { ...kept.row, ...moved, finishedAtMs };
    this.#put({ row, dueAtMs: at.now + restMs, cursor: at.cursor ?? kept.cursor });
  }

  /** Ends one before its time. */
  abort(kept: Kept, error: string, now: number): void {
    this.#put({ ...kept, row: { ...kept.row, state: "aborted", error, finishedAtMs: now } });
  }

  list(filter: OperationsFilter, page: PageOptions): Page<OperationRow> {
    const { ids, states } = filter;
    return pageOf({
      keys: this.#ids.after(page.after),
      limit: page.limit,
      row: (id) => {
        const row = this.#kept.get(id)?.row;
        if (row === undefined || (ids !== undefined && !ids.includes(id))) return undefined;
        return states === undefined || states.includes(row.state) ? row : undefined;
      },
    });
  }

  #put(kept: Kept): Kept {
    this.#kept.set(kept.row.id, kept);
    return kept;
  }
}

function isBefore(left: Kept, right: Kept): boolean {
  return left.dueAtMs < right.dueAtMs || (left.dueAtMs === right.dueAtMs && left.row.id < right.row.id);
}
