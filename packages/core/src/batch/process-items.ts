/** Runs a chunk's processor over its items: in order, without a promise for what comes at once. */
import type { JobContext } from "../job/context.ts";
import { encodeJson } from "../model/json.ts";
import { isThenable } from "../runtime/is-thenable.ts";
import { mapInOrder } from "../runtime/map-in-order.ts";
import { isStoreFailure } from "../store/failure.ts";
import { BadItem } from "./bad-item.ts";
import type { ChunkRules, ChunkWork } from "./chunk-work.ts";
import type { Ending, FailedEnding } from "./ending.ts";
import { Filtered } from "./filtered.ts";
import { SkipItem } from "./skip-policy.ts";

/** What came of one item; `error` is still to be judged. */
export type Processed =
  | Exclude<Ending, FailedEnding>
  | { readonly kind: "error"; readonly position: number; readonly error: unknown };

/** What processing needs to know. */
export interface Processing {
  readonly work: Pick<ChunkWork, "rules" | "context" | "items" | "nowMs">;
  readonly ctx: Pick<JobContext, "signal" | "draining">;
  readonly prepared: unknown;
  /** Given each result in the items' order; the next item waits for what it gives, unless several go at once. */
  take(processed: Processed): Promise<void> | undefined;
}

/** How long items may follow each other at once before the event loop gets its turn. */
const MAX_BLOCK_MS = 20;

/**
 * Processes the items at these places until all are taken or the worker drains; gives how many were taken. A draining
 * worker starts no more of them. @throws what the signal was aborted with, and failures of the store.
 */
export function processItems(positions: readonly number[], processing: Processing): Promise<number> {
  const { itemsAtOnce } = processing.work.rules;
  const perform = performer(processing);
  return itemsAtOnce === 1
    ? inTurn(positions, processing, perform)
    : severalAtOnce(positions, processing, perform);
}

type Perform = (position: number) => Processed | Promise<Processed>;

async function inTurn(
  positions: readonly number[],
  processing: Processing,
  perform: Perform,
): Promise<number> {
  const { work, ctx } = processing;
  const { signal, draining } = ctx;
  let turnAtMs = work.nowMs();
  let taken = 0;
  for (const position of positions) {
    if (draining.aborted) return taken;
    signal.throwIfAborted();
    const result = perform(position);
    const committing = processing.take(result instanceof Promise ? await result : result);
    taken += 1;
    if (committing !== undefined) await committing;
    if (work.nowMs() - turnAtMs < MAX_BLOCK_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnAtMs = work.nowMs();
  }
  return taken;
}

async function severalAtOnce(
  positions: readonly number[],
  processing: Processing,
  perform: Perform,
): Promise<number> {
  let taken = 0;
  const { itemsAtOnce } = processing.work.rules;
  const started = untilDraining(positions, processing.ctx);
  for await (const result of mapInOrder(started, itemsAtOnce, async (position) => perform(position))) {
    await processing.take(result);
    taken += 1;
  }
  return taken;
}

function* untilDraining(
  positions: readonly number[],
  { signal, draining }: Processing["ctx"],
): Generator<number, void, void> {
  for (const position of positions) {
    if (draining.aborted) return;
    signal.throwIfAborted();
    yield position;
  }
}

function performer({ work, ctx, prepared }: Processing): Perform {
  const { rules, items } = work;
  const { signal } = ctx;
  const context = { ...work.context, signal, prepared, skip };
  const failed = (position: number, error: unknown): Processed => {
    if (error instanceof SkipItem) return { kind: "skipped", position, reason: error.reason };
    if (signal.aborted || isStoreFailure(error)) throw error;
    return { kind: "error", position, error };
  };
  const ended = (position: number, output: unknown): Processed => {
    try {
      return endingOf(rules, position, output);
    } catch (error) {
      return failed(position, error);
    }
  };
  return (position) => {
    const item = items[position];
    if (item instanceof BadItem) return { kind: "error", position, error: item.error };
    let output: unknown;
    try {
      output = rules.process(item, context);
    } catch (error) {
      return failed(position, error);
    }
    if (!isThenable(output)) return ended(position, output);
    return Promise.resolve(output).then(
      (value) => ended(position, value),
      (error) => failed(position, error),
    );
  };
}

function skip(reason: string): never {
  throw new SkipItem(reason);
}

function endingOf(rules: ChunkRules, position: number, output: unknown): Processed {
  if (output instanceof Filtered) return { kind: "filtered", position, filtered: output };
  if (output === null || output === undefined) return { kind: "filtered", position, filtered: undefined };
  const text = rules.keepsOutputs ? encodeJson(output, "what the item came to") : undefined;
  return { kind: "output", position, output, text };
}
