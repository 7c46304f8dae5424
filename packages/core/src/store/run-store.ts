/** The verbs of runs and their item ledger. */

import type { ControlNote } from "../model/control-note.ts";
import type { JobId, RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type {
  FinishedRunState,
  NewRun,
  RunMove,
  RunRow,
  RunStart,
  RunState,
  SweptRun,
} from "../model/run.ts";
import type { ItemOutcome, ItemState } from "../model/settlement.ts";
import type { StepRef, StepRow, StepState } from "../model/step.ts";
import type { Page, PageOptions } from "./call.ts";

/** Which runs to list; every field given must match. */
export interface RunFilter {
  readonly ids?: readonly RunId[] | undefined;
  readonly definition?: string | undefined;
  readonly instance?: string | undefined;
  readonly tenant?: string | undefined;
  readonly states?: readonly RunState[] | undefined;
}

/** Which part of a listing of runs to give. */
export interface RunPageOptions extends PageOptions {
  /** Whether rows have their counters, whose cost grows with the run's executions; else theirs are empty. True where left out. */
  readonly counters?: boolean | undefined;
}

/** Which items of a step to list. */
export interface ItemFilter extends StepRef {
  readonly states?: readonly ItemState[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

/** Which steps of a run to list. */
export interface StepFilter {
  readonly run: RunId;
  readonly states?: readonly StepState[] | undefined;
  readonly steps?: readonly string[] | undefined;
}

/** An item as the ledger shows it. */
export interface ItemRow extends ItemOutcome {
  /** The job that wrote it. */
  readonly job: JobId;
  readonly atMs: number;
}

/** `still-active`: only finished runs are removed that have no live job left; cancel it, or wait. */
export type RemoveRunAnswer = "removed" | "still-active" | "not-found";

/** Which finished runs to forget. */
export interface RunCleanUpOptions {
  /** Since they finished, on the store's clock: this long or longer. */
  readonly olderThanMs: number;
  readonly states: readonly FinishedRunState[];
  readonly limit: number;
  /** Do nothing while another process cleans up runs in the background. */
  readonly background?: boolean | undefined;
  /** Who has it done. */
  readonly note?: ControlNote | undefined;
}

/** The run half of the port. */
export interface RunStore {
  /**
   * Opens a run in state `running` with its coordinator job, together, unless the instance has an active run
   * (`resumed`) or has completed and neither does `rerun` nor is forced (`finished`). An active run whose coordinator is
   * no longer live is ended as `sweepRuns` does, whatever other jobs it has, and does not count. `partial`, `failed` and `cancelled` runs never stand
   * in the way of a new one. A new run needs room for its coordinator as `enqueue` needs it for a job; where its queue has
   * none it is refused (`queue-full`) and counted as a refused job.
   */
  startRun(run: NewRun, coordinator: NewJob): Promise<RunStart>;
  /**
   * Moves a run; `conflict` where it is in none of `from` or its instance has another active run, `fenced` where the
   * holder's token is not current. A restart whose job is the run's coordinator already has been applied before, and
   * changes nothing.
   * @throws MillraceError `bad-usage` for a coordinator with a move that is no restart.
   */
  moveRun(move: RunMove): Promise<"applied" | "conflict" | "fenced" | "not-found">;
  /** Lists runs newest first (by id). */
  findRuns(filter: RunFilter, page: RunPageOptions): Promise<Page<RunRow>>;
  /**
   * Ends active runs whose coordinator is no longer live and that have no other live job either, at most `limit`, oldest
   * first: those `cancelling` as `cancelled`, with their pending and running steps; others as `failed`, error class
   * `crashed`, with their running steps. What it costs grows with active runs only.
   */
  sweepRuns(options: { readonly limit: number }): Promise<readonly SweptRun[]>;
  /** Lists a run's steps by name (code-unit order of the names' UTF-8 bytes). */
  steps(filter: StepFilter, page: PageOptions): Promise<Page<StepRow>>;
  /** Lists a step's ledger by key (code-unit order of the keys' UTF-8 bytes). */
  items(filter: ItemFilter, page: PageOptions): Promise<Page<ItemRow>>;
  /**
   * Forgets finished runs for good: from then on they are unknown, with their steps and ledger, to every verb, and their
   * instances as if they had never run. What was written of them goes piece by piece, by {@link purgeRuns}. Their jobs
   * stay. Answers in order; atomic as a call.
   */
  removeRuns(ids: readonly RunId[], note?: ControlNote): Promise<readonly RemoveRunAnswer[]>;
  /**
   * Forgets finished runs by age as {@link removeRuns} does, oldest first (then by id), at most `limit`; those with live
   * jobs stay. `more`: others are as old.
   */
  cleanUpRuns(options: RunCleanUpOptions): Promise<{ readonly removed: number; readonly more: boolean }>;
  /**
   * Deletes what was written of removed runs, one after the other: at most `limit` rows of their ledger, steps and
   * counters. A run is let go of once nothing is left that could write of it: no live job, and no count that is still to
   * be folded. One pass at a time: while another process is at it, nothing is done. `more`: another pass would find some.
   */
  purgeRuns(options: {
    readonly limit: number;
  }): Promise<{ readonly removed: number; readonly more: boolean }>;
}
