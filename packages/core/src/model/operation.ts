/** Stored operations: one action on all jobs that a filter fits, advanced page by page; their states and how they move on. */
import type { ControlNote } from "./control-note.ts";
import type { JobId, OperationId, RunId } from "./ids.ts";
import type { JobState, Priority } from "./job.ts";

/** What an operation does to each of its jobs: what the verb of that name does. */
export const OPERATION_ACTIONS = ["retry", "cancel", "reprioritise", "delete"] as const;
export type OperationAction = (typeof OPERATION_ACTIONS)[number];

/** Every state an operation can be in. `canary`: it waits until the jobs it took first have ended. */
export const OPERATION_STATES = ["running", "canary", "completed", "failed", "aborted"] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Whether an operation in this state will do no more. */
export function isFinishedOperation(state: OperationState): boolean {
  return state === "completed" || state === "failed" || state === "aborted";
}

/** Which jobs an operation is for: every field given must match. */
export interface OperationFilter {
  /**
   * One or more: of `retry` and `delete` those of finished jobs, of `cancel` those of live ones, of `reprioritise` those of
   * jobs in line.
   */
  readonly states: readonly JobState[];
  /** At most 1,000. */
  readonly ids?: readonly JobId[] | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly run?: RunId | undefined;
  /** Of dead letters. */
  readonly fingerprint?: string | undefined;
}

/** The first jobs of an operation, which decide whether it goes on. */
export interface Canary {
  /** How many, 1 to 1,000. */
  readonly jobs: number;
  /** How many of them must complete, in percent: 0 to 100. */
  readonly minCompleted: number;
}

/** An operation on its way into a store. */
export interface NewOperation {
  readonly id: OperationId;
  readonly action: OperationAction;
  readonly filter: OperationFilter;
  /** Most jobs a second, above 0; as fast as it goes where left out. */
  readonly perSecond?: number | undefined;
  /** Of `retry` only. */
  readonly canary?: Canary | undefined;
  /** JSON text of a merge patch (RFC 7396) for the payloads; of `retry` only. */
  readonly patch?: string | undefined;
  /** The class jobs are to be of; of `reprioritise` only, which needs it. */
  readonly priority?: Priority | undefined;
  /** Kept with each job, as the verb does. */
  readonly note: ControlNote;
  /** How many jobs there were, where somebody counted them before. */
  readonly total?: number | undefined;
}

/** A job that an operation could not treat. */
export interface OperationProblem {
  readonly job: JobId;
  readonly message: string;
}

/** An operation as a store shows it. Times are ms since the epoch on the store's clock. */
export interface OperationRow extends NewOperation {
  readonly state: OperationState;
  /** Jobs that finished, or were enqueued, later are none of its. */
  readonly createdAtMs: number;
  readonly finishedAtMs?: number | undefined;
  /** Counts the pages given out. */
  readonly turn: number;
  /** Jobs the action took effect on. */
  readonly done: number;
  /** Jobs that were not as they had been when their turn came, or were of the class already. */
  readonly skipped: number;
  /** Jobs that could not be treated, and stay as they are. */
  readonly failed: number;
  /** The first {@link MOST_PROBLEMS} of these. */
  readonly problems: readonly OperationProblem[];
  /** The canary's jobs so far. */
  readonly canaryJobs: readonly JobId[];
  readonly isCanaryPassed: boolean;
  /** Why it failed or was aborted. */
  readonly error?: string | undefined;
}

/** Problems that are kept of an operation; all are counted. */
export const MOST_PROBLEMS = 20;
/** How often a canary's jobs are looked at. */
const CANARY_REST_MS = 1_000;

/** What came of one page. */
export interface PageEffect {
  /** Jobs the action took effect on. */
  readonly done: readonly JobId[];
  readonly skipped: number;
  readonly problems: readonly OperationProblem[];
  /** Whether no job is left after it. */
  readonly isLast: boolean;
}

/** What changes of an operation, and how long it rests then. */
export interface OperationMove
  extends Pick<
    OperationRow,
    "state" | "done" | "skipped" | "failed" | "problems" | "canaryJobs" | "isCanaryPassed" | "error"
  > {
  readonly restMs: number;
}

/** Most jobs of a page with a patch: their envelopes come along, each up to a megabyte. */
const MOST_PATCHED = 50;

/** Most jobs of an operation's next page. */
export function pageSize(operation: OperationRow, limit: number): number {
  const most = operation.patch === undefined ? limit : Math.min(limit, MOST_PATCHED);
  const { perSecond = most, canary, canaryJobs } = operation;
  const left = canary !== undefined && isTrying(operation) ? canary.jobs - canaryJobs.length : most;
  return Math.min(most, Math.max(1, Math.floor(perSecond)), left);
}

/** How an operation stands after a page of `running`. */
export function afterPage(operation: OperationRow, page: PageEffect): OperationMove {
  const tried = isTrying(operation) ? page.done : [];
  const canaryJobs = [...operation.canaryJobs, ...tried];
  const state = stateAfter(operation, canaryJobs.length, page.isLast);
  return {
    state,
    done: operation.done + page.done.length,
    skipped: operation.skipped + page.skipped,
    failed: operation.failed + page.problems.length,
    problems: [...operation.problems, ...page.problems].slice(0, MOST_PROBLEMS),
    canaryJobs,
    isCanaryPassed: operation.isCanaryPassed,
    restMs: state === "canary" ? CANARY_REST_MS : restAfter(page.done.length, operation),
  };
}

/** How long an operation rests after so many jobs, in ms, to keep to its rate. */
export function restAfter(jobs: number, { perSecond }: Pick<OperationRow, "perSecond">): number {
  return perSecond === undefined ? 0 : Math.ceil((jobs * 1_000) / perSecond);
}

/**
 * How an operation stands after a look at its canary's jobs: it waits while one of them is live; then it goes on where
 * at least `minCompleted` percent of them completed, and fails where not.
 */
export function afterCanary(
  operation: OperationRow,
  jobs: { readonly live: number; readonly completed: number },
): OperationMove {
  const { done, skipped, failed, problems, canaryJobs, isCanaryPassed, canary } = operation;
  const same = { done, skipped, failed, problems, canaryJobs, isCanaryPassed };
  if (jobs.live > 0) return { ...same, state: "canary", restMs: CANARY_REST_MS };
  const needed = Math.ceil((canaryJobs.length * (canary?.minCompleted ?? 0)) / 100);
  if (jobs.completed >= needed) return { ...same, state: "running", isCanaryPassed: true, restMs: 0 };
  const error = `of the canary's ${canaryJobs.length} jobs ${jobs.completed} completed; ${needed} had to`;
  return { ...same, state: "failed", error, restMs: 0 };
}

/** Why an aborted operation ended. */
export function abortError({ reason, by }: ControlNote): string {
  return `aborted${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
}

function isTrying({ canary, isCanaryPassed }: OperationRow): boolean {
  return canary !== undefined && !isCanaryPassed;
}

function stateAfter(operation: OperationRow, canaryJobs: number, isLast: boolean): OperationState {
  const { canary } = operation;
  const isDecisive = canary !== undefined && isTrying(operation) && (isLast || canaryJobs >= canary.jobs);
  if (isDecisive && canaryJobs > 0) return "canary";
  return isLast ? "completed" : "running";
}
