/** The chunk loop: reads windows of items, spawns their chunks, sleeps until some have ended, and finishes the run. */

import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import { classOf } from "../model/error-class.ts";
import { type ErrorClass, UnrecoverableError } from "../model/errors.ts";
import type { RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { isRetried, policyOf, type RetryPolicy } from "../model/retry.ts";
import { isFinishedRun } from "../model/run.ts";
import type { StepRef } from "../model/settlement.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { Store } from "../store/store.ts";
import { recordAbandoned } from "./abandoned.ts";
import { formChunks } from "./chunks.ts";
import type { BatchDefinition } from "./one-step.ts";
import type { ItemSource, OpenReaders } from "./open-readers.ts";

/** Where a coordinator stands; its checkpoint. */
interface Progress {
  readonly cursor?: string | undefined;
  /** The reader has no more items. */
  readonly sealed: boolean;
  /** The attempt that got here; only later ones count against the next window. */
  readonly attempt?: number | undefined;
  /** What fails the run as soon as the chunks in flight have ended. */
  readonly failure?: Failure | undefined;
}

/** A run's error, as it is kept. */
interface Failure {
  readonly class: ErrorClass;
  readonly message: string;
}

/** Outlasts any trouble with the store; when the reader or `finish` has failed for good is decided here, not by it. */
export const COORDINATOR_RETRY: RetryPolicy = Object.freeze({
  maxAttempts: 1_000,
  initialMs: 1_000,
  multiplier: 2,
  maxMs: 30_000,
  jitter: "full",
});

/** What one wake-up of a coordinator works with. */
export interface Coordination<Params, Item, Prepared, Output> {
  readonly definition: BatchDefinition<Params, Item, Prepared, Output>;
  readonly params: Params;
  readonly store: Store;
  readonly readers: OpenReaders;
  /** Makes the job of one chunk. */
  chunkJob(items: readonly Item[], run: RunId): NewJob;
}

/**
 * One attempt of a run's coordinator. Cursor and chunks commit together with the attempt's end, so each chunk is
 * spawned exactly once. A failure no retry will mend fails the run once its chunks in flight have ended; one of the
 * store never does.
 */
export async function coordinate<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
): Promise<unknown> {
  const step = stepOf(work.definition.stepName, ctx);
  const ended = await endedRun(work.store, step.run);
  if (ended !== undefined) return ended.result;
  const progress = readCheckpoint(ctx.checkpoint);
  const { failure } = progress;
  if (failure !== undefined) return failRun(work, ctx, { step, failure });
  try {
    if (!progress.sealed) return await spawnWindow(work, ctx, { step, progress });
    return await finishRun(work, ctx, step);
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    const attempt = ctx.attempt - (progress.attempt ?? 1) + 1;
    if (isRetried(policyOf("default"), { error, attempt })) throw error;
    const failed: Progress = { ...progress, failure: { class: classOf(error), message: messageOf(error) } };
    return ctx.suspend({ checkpoint: JSON.stringify(failed) });
  }
}

/** An attempt whose last answer was lost may come back to a run that has ended: nothing is left to do then. */
async function endedRun(store: Store, run: RunId): Promise<{ readonly result: unknown } | undefined> {
  const [row] = (await store.findRuns({ ids: [run] }, { limit: 1 })).rows;
  if (row === undefined || !isFinishedRun(row.state)) return undefined;
  return { result: JSON.parse(row.result ?? "{}") };
}

/** Reads one window, at most twice what `concurrency` full chunks hold, and suspends behind its chunks. */
async function spawnWindow<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
  at: { readonly step: StepRef; readonly progress: Progress },
): Promise<Control> {
  const { definition, params, readers } = work;
  const { step } = definition;
  const source = await readers.take(at.step.run, step, { params, cursor: at.progress.cursor });
  const stop = (): void => void source.close();
  ctx.signal.addEventListener("abort", stop, { once: true });
  try {
    const { items, sealed } = await readWindow(source, windowSize(step, at.progress), ctx.signal);
    const last = items.at(-1);
    const cursor = last === undefined ? at.progress.cursor : step.cursor(last);
    const chunks = formChunks(items, (item) => step.weight?.(item) ?? 1, step);
    const progress: Progress = { cursor, sealed, attempt: ctx.attempt };
    const control = ctx.suspend({
      wakeAt: sealed ? 0 : Math.min(step.concurrency, Math.max(chunks.length - 1, 0)),
      checkpoint: JSON.stringify(progress),
      spawn: chunks.map((chunk) => work.chunkJob(chunk, at.step.run)),
      step: at.step,
      counters: { ...source.takeCounts(), read: items.length, ...(sealed ? { sealed: 1 } : {}) },
    });
    if (sealed) stop();
    else readers.keep(at.step.run, cursor, source);
    return control;
  } catch (error) {
    stop();
    throw error;
  } finally {
    ctx.signal.removeEventListener("abort", stop);
  }
}

/** Items of `concurrency · 2` full chunks: all of them at first, later what the chunks still unfinished leave of it. */
function windowSize(
  step: { readonly concurrency: number; readonly chunkSize: number },
  progress: Progress,
): number {
  return (progress.cursor === undefined ? 2 : 1) * step.concurrency * step.chunkSize;
}

async function readWindow<Item>(
  source: ItemSource<Item>,
  size: number,
  signal: AbortSignal,
): Promise<{ readonly items: readonly Item[]; readonly sealed: boolean }> {
  const items: Item[] = [];
  while (items.length < size) {
    const next = await source.next();
    // A reader told to stop may just end, which is not the end of its items.
    signal.throwIfAborted();
    if (next.done === true) return { items, sealed: true };
    items.push(next.value);
  }
  return { items, sealed: false };
}

/** Every chunk has ended: settle what given-up chunks left, run `finish`, end the run. */
async function finishRun<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
  step: StepRef,
): Promise<unknown> {
  const { definition, params, store } = work;
  await recordAbandoned({ store, ctx, step, keyOf: (item: Item) => definition.step.key(item) });
  const result = await definition.finish?.({
    params,
    signal: ctx.signal,
    seen: async (keys) => {
      const page = await store.items({ ...step, keys }, { limit: Math.max(keys.length, 1) });
      return new Set(page.rows.map((row) => row.key));
    },
    failures: () => failedItems(store, step),
  });
  const scope = `step:${step.run}:${step.step}`;
  const counters = (await store.counters([scope]))[scope];
  await store.moveRun({
    run: step.run,
    from: ["starting", "running"],
    to: (counters?.["failed"] ?? 0) > 0 ? "partial" : "completed",
    holder: { id: ctx.job.id, token: ctx.fence },
    result: JSON.stringify(result ?? {}),
  });
  return result ?? {};
}

/** Nothing of the run is in flight any more: settle what given-up chunks left, and end it. */
async function failRun<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
  { step, failure }: { readonly step: StepRef; readonly failure: Failure },
): Promise<never> {
  const { definition, store } = work;
  await recordAbandoned({ store, ctx, step, keyOf: (item: Item) => definition.step.key(item) });
  await store.moveRun({
    run: step.run,
    from: ["starting", "running"],
    to: "failed",
    holder: { id: ctx.job.id, token: ctx.fence },
    error: JSON.stringify(failure),
  });
  throw new UnrecoverableError(failure.message);
}

const MAX_MESSAGE = 1_000;

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE);
}

function stepOf(name: string, ctx: JobContext): StepRef {
  const { run } = ctx.job;
  if (run === undefined) throw new TypeError(`job ${ctx.job.id} coordinates a run but belongs to none`);
  return { run, step: name };
}

function readCheckpoint(text: string | undefined): Progress {
  return text === undefined ? { sealed: false } : (JSON.parse(text) as Progress); // written by this file
}

const FAILURE_PAGE = 500;

async function* failedItems(store: Store, step: StepRef): AsyncGenerator<ItemRow> {
  let after: string | undefined;
  do {
    const page = await store.items({ ...step, states: ["failed"] }, { limit: FAILURE_PAGE, after });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
