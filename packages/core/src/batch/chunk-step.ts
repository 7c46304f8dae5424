/** A chunk step as the engine runs it: every default filled in. */
import type { DefinedRetryPolicy } from "../model/retry.ts";
import type { ChunkContext, ProcessContext, ReadContext, WriteContext } from "./contexts.ts";
import type { FailedItem, LedgerLevel, Writer } from "./definition.ts";
import type { Placed } from "./placed.ts";

/** A chunk step as the engine runs it: every default filled in, durations in ms. */
export interface ChunkStep<Params = unknown, Item = unknown, Prepared = unknown, Output = unknown> {
  /** The step's name; of a partitioned step, without the partition. */
  readonly name: string;
  /** In the step's own job. Gives the reader in the place of `read`, made anew whenever reading begins. */
  reader(context: ReadContext<Params, unknown, unknown>): OpenReader<Item>;
  /** Names an item by itself; absent where its place names it, which its chunk then carries. */
  readonly key: ((item: Item) => string) | undefined;
  readonly weight: (item: Item) => number;
  readonly prepare: (items: readonly Item[], context: ChunkContext<Params, unknown>) => unknown;
  readonly process: (item: Item, context: ProcessContext<Params, Prepared, unknown>) => unknown;
  readonly outputWeight: (output: Output) => number;
  readonly tally: (output: Output) => Readonly<Record<string, number>>;
  /** `undefined` where outputs go nowhere but into the ledger. */
  readonly write:
    | ((outputs: readonly Output[], context: WriteContext<Params, unknown>) => Promise<void> | void)
    | undefined;
  readonly failed:
    | ((items: readonly FailedItem<Item>[], context: WriteContext<Params, unknown>) => Promise<void> | void)
    | undefined;
  /** Has what was written for the items at these positions not count; of writers that no transaction takes back. */
  readonly undo: Writer<Output>["undo"];
  /** Whether `write` and `failed` run in the transaction that their items' ledger rows commit in. */
  readonly transactional: boolean;
  /** Whether the ledger keeps each output, as `each` does. */
  readonly keepsOutputs: boolean;
  readonly chunkSize: { readonly min: number; readonly max: number };
  /** `Infinity` for no limit. */
  readonly chunkWeight: number;
  readonly concurrency: number;
  readonly itemsAtOnce: number;
  /** `Infinity` for no limit. */
  readonly commit: { readonly items: number; readonly weight: number };
  readonly retry: DefinedRetryPolicy;
  readonly timeoutMs: number | undefined;
  readonly skipLimit: number;
  readonly skip: (error: unknown, item: Item) => boolean;
  readonly onFailure: FailureRule;
  readonly ledger: LedgerLevel;
  readonly maxRescues: number;
}

/** What becomes of a step with items that failed for good. */
export type FailureRule =
  | { readonly kind: "failFast" }
  | { readonly kind: "finishAll" }
  /** More than this many; `share` of the items read, 0 to 1, where it is one. */
  | { readonly kind: "tolerate"; readonly items: number }
  | { readonly kind: "tolerate"; readonly share: number };

/** A reader that reads: items with their place and name, in order. */
export interface OpenReader<Item> {
  /**
   * Hands over items until `take` wants no more: `true`, or until there are no more: `false`. Calls must not overlap.
   * @throws what the step's functions throw; what was handed over before is good.
   */
  read(take: (item: Placed<Item>) => boolean): Promise<boolean>;
  /** Tells the reader that nobody reads on. Rejects with what it makes of that. */
  close(): Promise<void>;
}
