/** What a program may say of its bulk work, beside what is in a run's parameters. */
import type { DefinitionRetryOption, Duration, Priority } from "@millrace/core";
import type { Collections } from "../ports/collections.ts";
import type { RecordReader } from "./bulk-items.ts";

/** Options of both bulk workloads. */
export interface BulkOptions<Params> {
  /** Reads the items of a run, in the place of the file or upload in its parameters. */
  readonly reader?: RecordReader<Params> | undefined;
  /**
   * `check`, the default: the source is read through first, so that of a repeated id the last item wins whatever chunk it is
   * in. `trust`: ids are unique, or it does not matter which of them wins; the source is read once.
   */
  readonly repeats?: "check" | "trust" | undefined;
  /** Most items of a chunk. */
  readonly chunkSize?: number | undefined;
  /** Chunks at once, over all workers. */
  readonly concurrency?: number | undefined;
  readonly priority?: Priority | undefined;
  /** Of a chunk's attempts; five, 2 s to 5 min apart, where left out. Being held back is no attempt. */
  readonly retry?: DefinitionRetryOption | undefined;
  /** Longest attempt of a chunk; 10 minutes where left out. */
  readonly timeout?: Duration | undefined;
}

/** Steps of both bulk workloads: looking through the source, and then its items. */
export const BULK_STEPS: { readonly check: "check"; readonly items: "items" } = Object.freeze({
  check: "check",
  items: "items",
});

/** An item as a chunk carries it: bytes of JSON text are what bounds a chunk. */
const MAX_CHUNK_BYTES = 600_000;

/** How often a chunk of bulk work is tried where a program does not say. */
export const BULK_ATTEMPTS = 5;

/** What chunks of bulk work are tried again by. */
const BULK_RETRY: DefinitionRetryOption = Object.freeze({
  maxAttempts: BULK_ATTEMPTS,
  initial: "2s",
  multiplier: 2,
  max: "5m",
  jitter: "full",
});

/** How a workload's chunks are cut and repeated where a program does not say. */
export interface BulkDefaults {
  readonly chunkSize: number;
  readonly concurrency: number;
}

/** The policy of a workload's chunks. */
export function chunkPolicy<Params>(
  options: BulkOptions<Params>,
  defaults: BulkDefaults,
): BulkDefaults & {
  readonly chunkWeight: number;
  readonly retry: DefinitionRetryOption;
  readonly timeout: Duration;
} {
  return {
    chunkSize: options.chunkSize ?? defaults.chunkSize,
    chunkWeight: MAX_CHUNK_BYTES,
    concurrency: options.concurrency ?? defaults.concurrency,
    retry: options.retry ?? BULK_RETRY,
    timeout: options.timeout ?? "10m",
  };
}

/** What bulk work needs of collections. */
export type BulkCollections = Pick<
  Collections,
  "prepare" | "ensure" | "shape" | "knownItems" | "upsertItems"
>;
