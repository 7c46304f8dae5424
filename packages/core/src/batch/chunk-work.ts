/** What is known of a chunk while it runs. */
import type { JobContext } from "../job/context.ts";
import { classOf } from "../model/error-class.ts";
import type { ErrorClass } from "../model/errors.ts";
import { type DefinedRetryPolicy, isRetried } from "../model/retry.ts";
import type { StepRef } from "../model/settlement.ts";
import type { Store } from "../store/store.ts";
import type { FailedItem, LedgerLevel } from "./definition.ts";
import type { SkipRule } from "./skip-policy.ts";

/** A step's functions and limits as far as the inside of a chunk goes; items and outputs are the step's own. */
export interface ChunkRules {
  readonly prepare: (items: readonly never[], context: never) => unknown;
  /** Gives an output, `Filtered`, `null` or `undefined`; at once or as a promise. */
  readonly process: (item: never, context: never) => unknown;
  readonly outputWeight: (output: never) => number;
  readonly tally: (output: never) => Readonly<Record<string, number>>;
  /** `undefined` where outputs go nowhere but into the ledger. */
  readonly write: ((outputs: readonly never[], context: never) => Promise<void> | void) | undefined;
  readonly failed:
    | ((items: readonly FailedItem<never>[], context: never) => Promise<void> | void)
    | undefined;
  /** Whether `write` and `failed` run in the transaction that their items' ledger rows commit in. */
  readonly transactional: boolean;
  /** Whether ledger rows carry the outputs. */
  readonly keepsOutputs: boolean;
  readonly chunkSize: { readonly min: number; readonly max: number };
  readonly itemsAtOnce: number;
  readonly commit: { readonly items: number; readonly weight: number };
  readonly retry: DefinedRetryPolicy;
  readonly skip: SkipRule;
  readonly ledger: LedgerLevel;
}

/** An item that is skipped, or to be tried again. */
export interface ItemNotice {
  readonly key: string;
  readonly item: unknown;
  /** What it failed with; absent of one its processor skipped by itself. */
  readonly error?: unknown;
  /** The attempt of the chunk, from 1. */
  readonly attempt: number;
}

/** Who is told of single items, at least once each. Must not throw. */
export interface ChunkNotices {
  onSkip?(notice: ItemNotice & { readonly reason: string }): void;
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
  readonly context: object;
  /** Whether its items have failed before and are to run again for that. */
  readonly isRetry: boolean;
  readonly notices: ChunkNotices;
  /** Monotonic, in ms. */
  nowMs(): number;
}

/** An item not settled yet. */
export interface Pending {
  readonly item: unknown;
  /** Its place among the chunk's items. */
  readonly position: number;
}

/** Classes of failures that pass by themselves: they say nothing of the items that met them. */
const PASSING: ReadonlySet<ErrorClass> = new Set(["timeout", "connection", "rate-limited"]);

/** Whether a failure is of a kind that passes. */
export function isPassing(error: unknown): boolean {
  return PASSING.has(classOf(error));
}

/** Whether the step's policy gives a failure in this attempt another one. */
export function isWorthRetrying({ rules }: ChunkWork, ctx: JobContext, error: unknown): boolean {
  return isRetried(rules.retry, { error, attempt: ctx.attempt });
}
