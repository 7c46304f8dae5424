/** Batches of one chunk step as they are run until pipelines are: the old form, on its way out. */
import type { RetryPolicy } from "../model/retry.ts";
import type { ItemOutcome } from "../model/settlement.ts";
import type { Transaction } from "../store/call.ts";
import type { LedgerLevel, Processed } from "./definition.ts";

/** What a reader gets. */
export interface ReadContext<Params> {
  readonly params: Params;
  /** The cursor of the last item whose chunk was spawned; read on behind it. Absent at the start. */
  readonly cursor: string | undefined;
  readonly signal: AbortSignal;
  /** Adds to a counter of the step, committed with the items read since the last commit. */
  count(name: string, amount: number): void;
}

/** What a processor gets beside the item. */
interface ProcessContext<Params, Prepared> {
  readonly params: Params;
  readonly prepared: Prepared;
  readonly signal: AbortSignal;
  skip(reason: string): never;
}

/** What a writer gets beside the outputs. */
interface WriteContext<Params> {
  readonly params: Params;
  /** The transaction the outputs' ledger rows commit in, where the store has one. */
  readonly transaction: Transaction | undefined;
}

/** An item that failed for good, as `failed` hooks see it. */
interface FailedItem<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/**
 * A chunk-oriented step whose items each commit with their ledger row. All functions may run again for items of a
 * chunk that was cut off, but never for an item whose ledger row is committed.
 */
export interface ChunkStep<Params, Item, Prepared, Output> {
  /** Streams items in a stable order. */
  read(context: ReadContext<Params>): AsyncIterable<Item>;
  /** Where an item stands in the reader's order. */
  cursor(item: Item): string;
  /** Names the item in the ledger; unique in the step. */
  key(item: Item): string;
  /** How heavy the item is to process; heavy ones of a window are spawned first. Default 1. */
  weight?(item: Item): number;
  /** Once per chunk, for what its items share. */
  prepare(items: readonly Item[], params: Params): Promise<Prepared>;
  /** Gives the item's output, or {@link Filtered}. A {@link ClassedError} names its class and reason. */
  process(
    item: Item,
    context: ProcessContext<Params, Prepared>,
  ): Processed<Output> | Promise<Processed<Output>>;
  /** How heavy an output is to hold and write. Default 1. */
  outputWeight?(output: Output): number;
  /** What an output adds to the step's counters. */
  tally?(output: Output): Readonly<Record<string, number>>;
  /** Writes outputs; commits with their ledger rows where the store has transactions, else just before. */
  write(outputs: readonly Output[], context: WriteContext<Params>): Promise<void>;
  /** Undoes what an earlier run left of items that failed now; commits like `write`. */
  failed?(items: readonly FailedItem<Item>[], context: WriteContext<Params>): Promise<void>;
  /** Most items of a chunk. */
  readonly chunkSize: number;
  /** Most weight of a chunk; an item above it is a chunk of its own. */
  readonly chunkWeight: number;
  /** Chunks that run at once in one worker. */
  readonly concurrency: number;
  /** Items of a chunk that are processed at once, also while outputs before them are written. Default 1: in turn. */
  readonly itemsAtOnce?: number;
  /** Outputs are written together up to this many, or this weight. */
  readonly commit: { readonly items: number; readonly weight: number };
  readonly retry: RetryPolicy;
  readonly transactional?: boolean;
  readonly keepsOutputs?: boolean;
  readonly skipLimit?: number;
  readonly skip?: (error: unknown, item: Item) => boolean;
  readonly ledger?: LedgerLevel;
}

/** What `finish` gets. */
interface FinishContext<Params> {
  readonly params: Params;
  readonly signal: AbortSignal;
  /** Which of these keys the step's ledger holds. */
  seen(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** The items that failed, in order of their keys. */
  failures(): AsyncIterable<Pick<ItemOutcome, "key" | "reason">>;
}

/** A batch with one chunk step; `defineBatch` makes it runnable. */
export interface BatchDefinition<Params, Item, Prepared, Output> {
  readonly name: string;
  readonly queue: string;
  readonly stepName: string;
  readonly step: ChunkStep<Params, Item, Prepared, Output>;
  /** The identifying part of the parameters: equal text, same instance. */
  instance(params: Params): string;
  /** Whether a completed instance may run again as a new run. */
  readonly rerun: boolean;
  /** Runs after the last chunk; what it gives is the run's result. May run again after a crash. */
  finish?(context: FinishContext<Params>): Promise<Readonly<Record<string, number>>>;
  /** Rescues from a lease held alone after which a chunk is given up as crashed. */
  readonly maxRescues: number;
}
