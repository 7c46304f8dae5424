/** What a run is: one execution of a batch definition for one instance. */
import type { ControlNote } from "./control-note.ts";
import type { JobId, RunId, Token } from "./ids.ts";
import type { NewJob, Priority } from "./job.ts";

/** Every state a run can be in. */
export const RUN_STATES = [
  "starting",
  "running",
  "paused",
  "cancelling",
  "completed",
  "partial",
  "failed",
  "cancelled",
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** The states of runs that will move no more by themselves. */
export const FINISHED_RUN_STATES = ["completed", "partial", "failed", "cancelled"] as const;
export type FinishedRunState = (typeof FINISHED_RUN_STATES)[number];

/** Whether a run in this state will move no more by itself. */
export function isFinishedRun(state: RunState): state is FinishedRunState {
  return FINISHED_RUN_STATES.some((finished) => finished === state);
}

/**
 * Whether a run in this state may yet ask what became of children that did not complete: an active one does, and so does a
 * cancelled one when it is restarted. Those that ended otherwise have asked before.
 */
export function asksForChildren(state: RunState): boolean {
  return state === "cancelled" || !isFinishedRun(state);
}

/** A run on its way into a store. */
export interface NewRun {
  readonly id: RunId;
  readonly definition: string;
  /** Names the instance: equal for two runs of one definition over the same identifying parameters, which it is where they are short. */
  readonly instance: string;
  /** Whether a completed instance may run again as a new run. */
  readonly rerun: boolean;
  readonly tenant: string;
  /** JSON text of the parameters. */
  readonly params: string;
  /** Where its jobs are, so that it can be restarted by a process that does not know the definition. */
  readonly queue: string;
  /** The class of its chunks. */
  readonly priority: Priority;
  /** Of its definition, as its program names it. */
  readonly version?: string | undefined;
  /** Shown, never trusted for rights. */
  readonly submittedBy?: string | undefined;
  readonly correlationId?: string | undefined;
  /** A completed instance starts again, even where the definition does not `rerun`. */
  readonly force?: true | undefined;
}

/** `resumed`: the instance's active run, untouched. `finished`: the instance completed and does not run again. */
export interface StartedRun {
  readonly result: "started" | "resumed" | "finished";
  readonly run: RunId;
}

/** What a start came to. `queue-full`: there would have been a new run, and its queue has no room for its coordinator. */
export type RunStart = StartedRun | { readonly result: "queue-full" };

/** A change of state. Applied only from one of `from`; with `holder`, only while its token is current. */
export interface RunMove {
  readonly run: RunId;
  readonly from: readonly RunState[];
  readonly to: RunState;
  readonly holder?: { readonly id: JobId; readonly token: Token } | undefined;
  /** JSON text of what the run produced. */
  readonly result?: string | undefined;
  /** JSON text of what failed it. */
  readonly error?: string | undefined;
  /** Who moves it, where that is not its own coordinator. */
  readonly note?: ControlNote | undefined;
  /**
   * A restart, from finished states to `running`: this job is enqueued and made the run's coordinator, result and error
   * begin anew, and the run counts one more restart.
   */
  readonly coordinator?: NewJob | undefined;
}

/** A run that a sweep ended, and as what. */
export interface SweptRun {
  readonly run: RunId;
  readonly to: "cancelled" | "failed";
}

/** The error (JSON text) of a run whose coordinator ended without moving it. */
export const ABANDONED_RUN = '{"class":"crashed","message":"the run\'s coordinator was given up"}';

/** A run as a store shows it; `counters` per step, always equal to the sums over the ledger and spawned work. */
export interface RunRow {
  readonly id: RunId;
  readonly definition: string;
  readonly instance: string;
  readonly tenant: string;
  readonly state: RunState;
  readonly params: string;
  readonly queue: string;
  /** The class of its chunks. */
  readonly priority: Priority;
  /** Of its definition when it was started; steps begun since may be of another (`StepRecord.version`). */
  readonly version?: string | undefined;
  readonly submittedBy?: string | undefined;
  readonly correlationId?: string | undefined;
  /** The present coordinator: of the last restart, if there was one. */
  readonly coordinator: JobId;
  readonly restarts: number;
  readonly createdAtMs: number;
  /** When it was opened or last moved. */
  readonly updatedAtMs: number;
  readonly finishedAtMs?: number | undefined;
  readonly result?: string | undefined;
  readonly error?: string | undefined;
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
