/** What is known of a chunk while it runs. */
import type { JobContext } from "../job/context.ts";
import { classOf } from "../model/error-class.ts";
import { type ErrorClass, type ErrorCode, MillraceError } from "../model/errors.ts";
import { PutOffError } from "../model/put-off.ts";
import { isRetried } from "../model/retry.ts";
import type { ItemState, StepRef } from "../model/settlement.ts";
import { isPassingState, sqlStateOf } from "../model/sql-state.ts";
import type { Store } from "../store/store.ts";
import type { ChunkStep } from "./chunk-step.ts";
import type { ChunkContext } from "./contexts.ts";

/** What of a step the inside of a chunk needs. */
export type ChunkRules = Pick<
  ChunkStep,
  | "prepare"
  | "process"
  | "outputWeight"
  | "tally"
  | "write"
  | "failed"
  | "undo"
  | "transactional"
  | "keepsOutputs"
  | "chunkSize"
  | "itemsAtOnce"
  | "commit"
  | "retry"
  | "timeoutMs"
  | "skip"
  | "skipLimit"
  | "ledger"
>;

/** An item that is skipped, or to be tried again. */
export interface ItemNotice {
  readonly key: string;
  readonly item: unknown;
  /** What it failed with; absent of one its processor skipped by itself. */
  readonly error?: unknown;
  /** The attempt of the chunk, from 1. */
  readonly attempt: number;
}

/** Who is told of items, at least once each, in the attempt that decides. Must not throw. */
export interface ChunkNotices {
  /** Items are settled, or will be with the attempt's end; their states. */
  onSettled?(states: readonly ItemState[]): void;
  /** Beside that, of each that is skipped. */
  onSkip?(notice: ItemNotice): void;
  /** An item waits for the chunk's next attempt. */
  onRetry?(notice: ItemNotice): void;
}

/** What one attempt of a chunk works with. */
export interface ChunkWork {
  readonly rules: ChunkRules;
  readonly store: Store;
  readonly step: StepRef;
  readonly items: readonly unknown[];
  /** The key of the item at this place among `items`. */
  keyOf(position: number): string;
  /** What the step's functions are given beside what belongs to the call. */
  readonly context: Omit<ChunkContext<unknown, unknown>, "signal">;
  /** Whether its items have failed before and are to run again for that. */
  readonly isRetry: boolean;
  readonly notices: ChunkNotices;
  /** Monotonic, in ms. */
  nowMs(): number;
}

/** Classes of failures that pass by themselves: they say nothing of the items that met them. */
const PASSING: ReadonlySet<ErrorClass> = new Set(["timeout", "connection", "rate-limited"]);

/** Whether a failure is of a kind that passes. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(classOf(error)) || isPassingState(sqlStateOf(error));
}

/** What is wrong with a value, not with the moment: the same comes of it at every attempt. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "bad-config",
  "bad-input",
  "bad-usage",
  "not-serialisable",
  "too-large",
  "unsupported",
]);

/** Whether the step's policy gives a failure in this attempt another one; what is only put off has always one to come. */
export function isWorthRetrying({ rules }: ChunkWork, ctx: JobContext, error: unknown): boolean {
  if (error instanceof MillraceError && HOPELESS.has(error.code)) return false;
  if (error instanceof PutOffError) return true;
  return isRetried(rules.retry, { error, attempt: ctx.attempt });
}
