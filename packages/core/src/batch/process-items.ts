/** Runs a chunk's processor over its items: in order, without a promise for what comes at once. */
import type { JobContext } from "../job/context.ts";
import { encodeJson } from "../model/json.ts";
import { mapInOrder } from "../runtime/map-in-order.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { ChunkRules, ChunkWork, Pending } from "./chunk-work.ts";
import type { Ending, FailedEnding } from "./ending.ts";
import { Filtered } from "./filtered.ts";
import { SkipItem } from "./skip-policy.ts";

/** What came of one item; `error` is still to be judged. */
export type Processed =
  | Exclude<Ending, FailedEnding>
  | (Pending & { readonly kind: "error"; readonly error: unknown });

/** What processing needs to know. */
export interface Processing {
  readonly work: Pick<ChunkWork, "rules" | "context" | "nowMs">;
  readonly ctx: Pick<JobContext, "signal" | "draining">;
  readonly prepared: unknown;
  /** Given each result in the items' order; the next item waits for what it gives, unless several go at once. */
  take(processed: Processed): Promise<void> | undefined;
}

/** How long items may follow each other at once before the event loop gets its turn. */
const MAX_BLOCK_MS = 20;

/**
 * Processes the items until all are taken or the worker drains; gives how many were taken. A draining worker starts no
 * more of them. @throws what the signal was aborted with, and failures of the store.
 */
export async function processItems(items: readonly Pending[], processing: Processing): Promise<number> {
  const { itemsAtOnce } = processing.work.rules;
  const perform = performer(processing);
  return itemsAtOnce === 1 ? inTurn(items, processing, perform) : severalAtOnce(items, processing, perform);
}

type Perform = (pending: Pending) => Processed | Promise<Processed>;

async function inTurn(items: readonly Pending[], processing: Processing, perform: Perform): Promise<number> {
  const { work, take } = processing;
  const { signal, draining } = processing.ctx;
  let turnAtMs = work.nowMs();
  let taken = 0;
  for (const pending of items) {
    if (draining.aborted) return taken;
    signal.throwIfAborted();
    const result = perform(pending);
    const committing = take(result instanceof Promise ? await result : result);
    taken += 1;
    if (committing !== undefined) await committing;
    if (work.nowMs() - turnAtMs < MAX_BLOCK_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnAtMs = work.nowMs();
  }
  return taken;
}

async function severalAtOnce(
  items: readonly Pending[],
  { work, ctx, take }: Processing,
  perform: Perform,
): Promise<number> {
  let taken = 0;
  const results = mapInOrder(untilDraining(items, ctx), work.rules.itemsAtOnce, async (item) =>
    perform(item),
  );
  for await (const result of results) {
    await take(result);
    taken += 1;
  }
  return taken;
}

function* untilDraining(
  items: readonly Pending[],
  { signal, draining }: Processing["ctx"],
): Generator<Pending, void, void> {
  for (const item of items) {
    if (draining.aborted) return;
    signal.throwIfAborted();
    yield item;
  }
}

function performer({ work, ctx, prepared }: Processing): Perform {
  const { rules } = work;
  const { signal } = ctx;
  const context = { ...work.context, signal, prepared, skip };
  const failed = (pending: Pending, error: unknown): Processed => {
    if (error instanceof SkipItem) return { ...pending, kind: "skipped", reason: error.reason };
    if (signal.aborted || isStoreFailure(error)) throw error;
    return { ...pending, kind: "error", error };
  };
  const ended = (pending: Pending, output: unknown): Processed => {
    try {
      return endingOf(rules, pending, output);
    } catch (error) {
      return failed(pending, error);
    }
  };
  return (pending) => {
    let output: unknown;
    try {
      output = rules.process(pending.item, context);
    } catch (error) {
      return failed(pending, error);
    }
    if (!isThenable(output)) return ended(pending, output);
    return Promise.resolve(output).then(
      (value) => ended(pending, value),
      (error) => failed(pending, error),
    );
  };
}

function skip(reason: string): never {
  throw new SkipItem(reason);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function endingOf(rules: ChunkRules, { item, position }: Pending, output: unknown): Processed {
  if (output instanceof Filtered) return { kind: "filtered", item, position, filtered: output };
  if (output === null || output === undefined)
    return { kind: "filtered", item, position, filtered: undefined };
  const text = rules.keepsOutputs ? encodeJson(output, "what the item came to") : undefined;
  return { kind: "output", item, position, output, text };
}
