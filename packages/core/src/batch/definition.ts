/** What a chunk step is: a reader, a processor and a writer over items, run as restartable chunks. */
import type { DefinitionRetryOption } from "../client/retry-option.ts";
import type { Duration } from "../model/duration.ts";
import type { ErrorClass } from "../model/errors.ts";
import type { BadItem } from "./bad-item.ts";
import type {
  ChunkContext,
  PlanContext,
  ProcessContext,
  ReadContext,
  UndoContext,
  WriteContext,
} from "./contexts.ts";
import type { Filtered } from "./filtered.ts";
import type { Placed } from "./placed.ts";

/** What a reader gives: items, items with their place, or what is in the place of one. Items must be JSON. */
export type Items<Item> =
  | AsyncIterable<Item | Placed<Item> | BadItem>
  | Iterable<Item | Placed<Item> | BadItem>;

/** A source of items as a value, good for steps of any parameters. */
export interface Reader<Item> {
  /** Streams items in a stable order, from behind `context.cursor`. */
  read(context: ReadContext<unknown, unknown, unknown>): Items<Item>;
  /** Where an item stands; needed where items are not {@link Placed} and re-reading from the start is too slow. */
  cursor?(item: Item): string;
  /** Names an item in the ledger, unique in the step; its cursor, or its number, where left out. */
  key?(item: Item): string;
}

/** A sink of outputs as a value, good for steps of any parameters. */
export interface Writer<Output> {
  /** Writes outputs; commits with their ledger rows where the store has transactions, else just before. */
  readonly write: (
    outputs: readonly Output[],
    context: WriteContext<unknown, unknown>,
  ) => Promise<void> | void;
  /**
   * For what no transaction takes back: has whatever was written for the items at these positions of the chunk not
   * count, also if an attempt that has lost its lease writes it later. Called before the items of a chunk are worked on,
   * when a write was refused afterwards, and for a chunk that was given up; often where nothing was written.
   */
  readonly undo?: (positions: readonly number[], context: UndoContext) => Promise<void> | void;
}

/** An item that failed for good, as `failed` hooks see it. */
export interface FailedItem<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/** What becomes of a step of which items fail for good. Percentages are of the items read. */
export type OnFailure = "failFast" | "finishAll" | { readonly tolerate: number | `${number}%` };

/** Which errors are skipped: of these classes, or what the function says. */
export type SkipOption<Item> = readonly ErrorClass[] | ((error: unknown, item: Item) => boolean);

/**
 * Which items leave rows: all, failed and skipped ones, or none (only counters are kept then). Items that nothing has worked on,
 * for their chunk was given up or its step was failing, leave failed rows at every level: a restart runs them from these.
 */
export type LedgerLevel = "all" | "failures" | "none";

/** What a condition or a partitioner is given. */
export interface StepInput<Params, Steps> {
  /** The run's parameters, as their schema gives them. */
  readonly input: Params;
  /** Results of the steps before. */
  readonly steps: Steps;
  readonly ctx: PlanContext<Params>;
}

/** What every step may say of when it runs. */
export interface StepRule<Params, Steps> {
  /** Runs also in a restarted run where it has completed, and also after a failure. False where left out. */
  readonly alwaysRun?: boolean | undefined;
  /** Most executions of the step in one run, restarts counted. No limit where left out. */
  readonly startLimit?: number | undefined;
  /** Asked before the step begins; `false` skips it. */
  when?(input: StepInput<Params, Steps>): boolean | Promise<boolean>;
}

/** How a chunk step cuts, repeats and forgives. */
export interface ChunkPolicy<Item> {
  /** Most items of a chunk, or the bounds between which it is adapted. 100 where left out. */
  readonly chunkSize?: number | { readonly min: number; readonly max: number } | undefined;
  /** Most weight of a chunk; an item above it is a chunk of its own. No limit where left out. */
  readonly chunkWeight?: number | undefined;
  /**
   * Chunks that workers are kept busy with, over all workers. Up to twice as many are in flight, and run at once where
   * workers have free slots. 4 where left out.
   */
  readonly concurrency?: number | undefined;
  /** Items of a chunk that are processed at once, also while outputs before them are written. In turn where left out. */
  readonly itemsAtOnce?: number | undefined;
  /** Outputs are written together up to this many, or this weight; a whole chunk where left out. */
  readonly commit?: { readonly items?: number | undefined; readonly weight?: number | undefined } | undefined;
  /** Of a chunk's attempts; the preset `default` where left out. */
  readonly retry?: DefinitionRetryOption | undefined;
  /**
   * Longest attempt of a chunk; none where left out. What was processed by then is settled; items that were under way come
   * behind the others in the attempts to come, and fail where the last of them is held up by nothing else.
   */
  readonly timeout?: Duration | undefined;
  /** Items that may be skipped; one more fails the step. 0 where left out: none is. */
  readonly skipLimit?: number | undefined;
  /** What may be skipped; classes validation, permission, not-found and, after its retries, processing where left out. */
  readonly skip?: SkipOption<Item> | undefined;
  /** `finishAll` where left out: the step ends `partial`. */
  readonly onFailure?: OnFailure | undefined;
  /** `all` where left out. */
  readonly ledger?: LedgerLevel | undefined;
  /** Whether `write` and `failed` need the transaction that their ledger rows commit in. True where left out. */
  readonly transactional?: boolean | undefined;
  /** Rescues from a lease held alone after which a chunk is given up as crashed. 3 where left out. */
  readonly maxRescues?: number | undefined;
}

/**
 * A chunk-oriented step. All functions may run again for items of a chunk that was cut off, but never for an item
 * whose ledger row is committed. Types follow from left to right: write `read` first, then `prepare`, `process`,
 * `write`.
 */
export type ChunkOptions<
  Params,
  Item,
  Prepared = undefined,
  Output = Item,
  Steps = unknown,
  Part = undefined,
> = ChunkSource<Params, Item, Steps, Part> &
  ItemWork<Params, Item, Prepared, Output, Part> &
  ChunkTarget<Params, Item, Output, Part> &
  ChunkPolicy<NoInfer<Item>> &
  StepRule<Params, Steps>;

/** A chunk step without a processor: items are written as they are read. */
export type CopyOptions<Params, Item, Steps = unknown, Part = undefined> = ChunkSource<
  Params,
  Item,
  Steps,
  Part
> &
  ChunkTarget<Params, NoInfer<Item>, NoInfer<Item>, Part> &
  ChunkPolicy<NoInfer<Item>> &
  StepRule<Params, Steps> & {
    readonly prepare?: undefined;
    readonly process?: undefined;
  };

/** Where a step's items come from. */
export interface ChunkSource<Params, Item, Steps, Part> {
  /** Streams items in a stable order, from behind `context.cursor`. */
  read?(context: ReadContext<Params, Steps, Part>): Items<Item>;
  /** In the place of `read`, `cursor` and `key`: a reader, or what makes one. */
  readonly reader?:
    | Reader<Item>
    | ((context: Omit<ReadContext<Params, Steps, Part>, "cursor" | "count" | "total">) => Reader<Item>)
    | undefined;
  /**
   * Where an item stands in the reader's order. Where neither the step nor the reader says, its number: reading on after
   * an interruption then reads from the start and passes over what was read.
   */
  cursor?(item: NoInfer<Item>): string;
  /** Names the item in the ledger; unique in the step. Where neither the step nor the reader says, its cursor or number. */
  key?(item: NoInfer<Item>): string;
  /** How heavy the item is to process; heavy ones of a window are spawned first. Default 1. */
  weight?(item: NoInfer<Item>): number;
}

/** What becomes of the items. */
export interface ItemWork<Params, Item, Prepared, Output, Part> {
  /** Once per chunk, for what its items share. */
  prepare?(
    items: readonly NoInfer<Item>[],
    context: ChunkContext<Params, Part>,
  ): Prepared | Promise<Prepared>;
  /**
   * Gives the item's output; `null`, `undefined` or {@link Filtered} where there is none. A `ClassedError` names its
   * class and reason.
   */
  process(
    item: NoInfer<Item>,
    context: ProcessContext<Params, NoInfer<Prepared>, Part>,
  ): Processed<Output> | Promise<Processed<Output>>;
}

/** What a processor gives. */
export type Processed<Output> = Output | Filtered | null | undefined;

/** Where a step's outputs go, and what is said of them. */
export interface ChunkTarget<Params, Item, Output, Part> {
  /** How heavy an output is to hold and write. Default 1. */
  outputWeight?(output: NoInfer<Output>): number;
  /** What an output adds to the step's counters. */
  tally?(output: NoInfer<Output>): Readonly<Record<string, number>>;
  /** Undoes what an earlier run left of items that failed now; commits like `write`. */
  failed?(
    items: readonly FailedItem<NoInfer<Item>>[],
    context: WriteContext<Params, Part>,
  ): Promise<void> | void;
  /** Writes outputs; commits with their ledger rows where the store has transactions, else just before. */
  write?(outputs: readonly NoInfer<Output>[], context: WriteContext<Params, Part>): Promise<void> | void;
  /** In the place of `write`. */
  readonly writer?: Writer<Output> | undefined;
}
