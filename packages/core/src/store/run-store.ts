/** The verbs of runs and their item ledger. */
import type { JobId, RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { NewRun, RunMove, RunRow, RunStart, RunState } from "../model/run.ts";
import type { ItemOutcome, ItemState, StepRef } from "../model/settlement.ts";
import type { Page, PageOptions } from "./call.ts";

/** Which runs to list; every field given must match. */
export interface RunFilter {
  readonly ids?: readonly RunId[] | undefined;
  readonly definition?: string | undefined;
  readonly states?: readonly RunState[] | undefined;
}

/** Which items of a step to list. */
export interface ItemFilter extends StepRef {
  readonly states?: readonly ItemState[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

/** An item as the ledger shows it. */
export interface ItemRow extends ItemOutcome {
  /** The job that wrote it. */
  readonly job: JobId;
  readonly atMs: number;
}

/** The run half of the port. */
export interface RunStore {
  /**
   * Opens a run in state `running` with its coordinator job, together, unless the instance has an active run
   * (`resumed`) or has completed and does not `rerun` (`finished`). An active run whose coordinator is no longer live
   * (given up as crashed) is marked `failed` and does not count. `partial`, `failed` and `cancelled` runs never stand
   * in the way of a new one.
   */
  startRun(run: NewRun, coordinator: NewJob): Promise<RunStart>;
  /** Moves a run; `conflict` where it is in none of `from`, `fenced` where the holder's token is not current. */
  moveRun(move: RunMove): Promise<"applied" | "conflict" | "fenced" | "not-found">;
  /** Lists runs newest first (by id). */
  findRuns(filter: RunFilter, page: PageOptions): Promise<Page<RunRow>>;
  /** Lists a step's ledger by key (code-unit order of the keys' UTF-8 bytes). */
  items(filter: ItemFilter, page: PageOptions): Promise<Page<ItemRow>>;
}
