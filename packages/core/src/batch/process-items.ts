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
import { isTimeUp, TimeUp } from "./time-up.ts";

/** What came of one item; `error` is still to be judged. */
export type Processed =
  | Exclude<Ending, FailedEnding>
  | { readonly kind: "error"; readonly position: number; readonly error: unknown };

/** An item that was under way when the attempt's time was up. */
interface LateItem {
  readonly kind: "late";
  readonly position: number;
  /** Its processor, which may run on. */
  readonly running: Promise<unknown>;
}

/** What came of a list of items. */
export interface Passage {
  /** How many were taken. */
  readonly taken: number;
  readonly late: readonly LateItem[];
}

/** What processing needs to know. */
export interface Processing {
  readonly work: Pick<ChunkWork, "rules" | "context" | "items" | "nowMs">;
  readonly ctx: Pick<JobContext, "signal" | "draining">;
  readonly prepared: unknown;
  /** Given each result in the items' order; the next item waits for what it gives, unless several go at once. */
  take(processed: Processed): Promise<unknown> | undefined;
}

/** How long items may follow each other at once before the event loop gets its turn. */
const MAX_BLOCK_MS = 20;

/**
 * Processes the items at these places until all are taken, the worker drains or the attempt's time is up: then no more
 * of them are started, and those under way are late. @throws what else the signal was aborted with, and failures of the
 * store.
 */
export async function processItems(positions: readonly number[], processing: Processing): Promise<Passage> {
  const { itemsAtOnce, timeoutMs } = processing.work.rules;
  const timeUp = timeoutMs === undefined ? undefined : new TimeUp(processing.ctx.signal);
  const perform = timed(performer(processing), timeUp);
  try {
    return await (itemsAtOnce === 1
      ? inTurn(positions, processing, perform)
      : severalAtOnce(positions, processing, perform));
  } finally {
    timeUp?.close();
  }
}

type Perform<Result> = (position: number) => Result | Promise<Result>;
type Timed = Processed | LateItem;

/** The same, with what is not over when time is up given as late. */
function timed(perform: Perform<Processed>, timeUp: TimeUp | undefined): Perform<Timed> {
  if (timeUp === undefined) return perform;
  return (position) => {
    const running = perform(position);
    if (!(running instanceof Promise)) return running;
    return timeUp.before<Timed>(running, () => ({ kind: "late", position, running }));
  };
}

async function inTurn(
  positions: readonly number[],
  processing: Processing,
  perform: Perform<Timed>,
): Promise<Passage> {
  const { work } = processing;
  let turnAtMs = work.nowMs();
  let taken = 0;
  for (const position of positions) {
    if (!mayStart(processing.ctx)) break;
    const result = perform(position);
    const processed = result instanceof Promise ? await result : result;
    if (processed.kind === "late") return { taken, late: [processed] };
    const committing = processing.take(processed);
    taken += 1;
    if (committing !== undefined) await committing;
    if (work.nowMs() - turnAtMs < MAX_BLOCK_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnAtMs = work.nowMs();
  }
  return { taken, late: [] };
}

async function severalAtOnce(
  positions: readonly number[],
  processing: Processing,
  perform: Perform<Timed>,
): Promise<Passage> {
  const late: LateItem[] = [];
  let taken = 0;
  const { itemsAtOnce } = processing.work.rules;
  const started = startable(positions, processing.ctx);
  for await (const result of mapInOrder(started, itemsAtOnce, async (position) => perform(position))) {
    if (result.kind === "late") late.push(result);
    else {
      await processing.take(result);
      taken += 1;
    }
  }
  return { taken, late };
}

function* startable(positions: readonly number[], ctx: Processing["ctx"]): Generator<number, void, void> {
  for (const position of positions) {
    if (!mayStart(ctx)) return;
    yield position;
  }
}

/** Whether another item may be started. @throws what the signal was aborted with, but for a time-out. */
function mayStart({ signal, draining }: Processing["ctx"]): boolean {
  if (draining.aborted) return false;
  if (!signal.aborted) return true;
  if (isTimeUp(signal)) return false;
  throw signal.reason;
}

function performer({ work, ctx, prepared }: Processing): Perform<Processed> {
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
