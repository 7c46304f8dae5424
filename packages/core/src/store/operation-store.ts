/** The verbs of stored operations: bulk actions by filter that any process takes further, one page at a time. */
import type { ControlNote } from "../model/control-note.ts";
import type { JobId, OperationId } from "../model/ids.ts";
import type { NewOperation, OperationFilter, OperationRow, OperationState } from "../model/operation.ts";
import type { Page, PageOptions } from "./call.ts";

/** Which operations to list; every field given must match. */
export interface OperationsFilter {
  readonly ids?: readonly OperationId[] | undefined;
  readonly states?: readonly OperationState[] | undefined;
}

/** A job whose turn has come. */
export interface OperationMember {
  readonly id: JobId;
  readonly generation: number;
  readonly name: string;
  /** Where the operation has a patch. */
  readonly envelope?: string | undefined;
}

/** One page of an operation, given to one process. */
export interface OperationTurn {
  readonly operation: OperationRow;
  /** By id, the smallest first. */
  readonly members: readonly OperationMember[];
  /** Up to which id jobs have been looked at; left out where there were none. */
  readonly reached?: JobId | undefined;
  /** Whether no job is left after them. */
  readonly isLast: boolean;
}

/** Which page to give, and for how long. */
export interface TakeOptions {
  readonly leaseMs: number;
  /** Most jobs. */
  readonly limit: number;
  /** No operation but this one; whichever is due where left out. */
  readonly only?: OperationId | undefined;
}

/** A member as it is to be treated. */
export interface OperationWork extends Pick<OperationMember, "id" | "generation"> {
  /** With a patch: what the job is to have in the place of its envelope. */
  readonly envelope?: string | undefined;
  /** Why it cannot be treated: it is counted and stays as it is. */
  readonly problem?: string | undefined;
}

/** A page that is to take effect. */
export interface OperationPage extends Pick<OperationTurn, "reached" | "isLast"> {
  readonly id: OperationId;
  /** Of the operation as it was taken. */
  readonly turn: number;
  readonly members: readonly OperationWork[];
}

/** The operations' part of the port. */
export interface OperationStore {
  /** Adds an operation, due at once; `exists` where its id is known. */
  startOperation(operation: NewOperation): Promise<"started" | "exists">;
  /** Lists operations newest first (by id). */
  operations(filter: OperationsFilter, page: PageOptions): Promise<Page<OperationRow>>;
  /**
   * Gives the next page, at most `limit` jobs, of an operation that is due, and the operation to nobody else for
   * `leaseMs`; nothing where none is due. Looks at the jobs of canaries on the way. Jobs that finished, or where live
   * ones are meant were enqueued, after the operation began are none of its; each job's turn comes once.
   */
  takeOperation(options: TakeOptions): Promise<OperationTurn | undefined>;
  /**
   * Has a page take effect, and moves the operation on, together. Jobs that have moved on since the page was taken are
   * skipped. `fenced`, and nothing done, where the operation was taken again since, or has ended.
   */
  advanceOperation(page: OperationPage): Promise<"applied" | "fenced">;
  /** Ends an operation: no page takes effect any more. What is done stays. */
  abortOperation(id: OperationId, note?: ControlNote): Promise<"aborted" | "already-finished" | "not-found">;
  /**
   * Counts the jobs that an operation begun now would be for, looking at no more than `limit` jobs from `after` on;
   * `next` is there while more may follow. Changes nothing.
   */
  countMatching(
    filter: OperationFilter,
    page: PageOptions,
  ): Promise<{ readonly count: number; readonly next?: string | undefined }>;
}
