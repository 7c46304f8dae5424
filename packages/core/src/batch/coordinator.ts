/** The chunk loop: reads windows of items, spawns their chunks, sleeps until some have ended, and finishes the run. */

import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import type { RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { classOf, retryDelayMs } from "../model/retry.ts";
import type { StepRef } from "../model/settlement.ts";
import type { Store } from "../store/store.ts";
import { recordAbandoned } from "./abandoned.ts";
import { formChunks } from "./chunks.ts";
import type { BatchDefinition } from "./definition.ts";
import type { ItemSource, OpenReaders } from "./open-readers.ts";

/** Where a coordinator stands; its checkpoint. */
interface Progress {
  readonly cursor?: string | undefined;
  /** The reader has no more items. */
  readonly sealed: boolean;
}

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
 * spawned exactly once. A failure no retry will mend fails the run.
 */
export async function coordinate<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
): Promise<unknown> {
  const step = stepOf(work.definition.stepName, ctx);
  try {
    const progress = readCheckpoint(ctx.checkpoint);
    if (!progress.sealed) return await spawnWindow(work, ctx, { step, progress });
    return await finishRun(work, ctx, step);
  } catch (error) {
    const delay = retryDelayMs(work.definition.step.retry, { error, attempt: ctx.attempt }, () => 0);
    if (!ctx.signal.aborted && delay === undefined) {
      await failRun(work, ctx, error);
    }
    throw error;
  }
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
  const { items, sealed } = await readWindow(source, 2 * step.concurrency * step.chunkSize, ctx.signal);
  const last = items.at(-1);
  const cursor = last === undefined ? at.progress.cursor : step.cursor(last);
  if (sealed) await source.close();
  else readers.keep(at.step.run, cursor, source);
  const chunks = formChunks(items, (item) => step.weight?.(item) ?? 1, step);
  const progress: Progress = { cursor, sealed };
  return ctx.suspend({
    wakeAt: sealed ? 0 : Math.min(step.concurrency, Math.max(chunks.length - 1, 0)),
    checkpoint: JSON.stringify(progress),
    spawn: chunks.map((chunk) => work.chunkJob(chunk, at.step.run)),
    step: at.step,
    counters: { ...source.takeCounts(), read: items.length, ...(sealed ? { sealed: 1 } : {}) },
  });
}

async function readWindow<Item>(
  source: ItemSource<Item>,
  size: number,
  signal: AbortSignal,
): Promise<{ readonly items: readonly Item[]; readonly sealed: boolean }> {
  const items: Item[] = [];
  while (items.length < size) {
    signal.throwIfAborted();
    const next = await source.next();
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

async function failRun<Params, Item, Prepared, Output>(
  work: Coordination<Params, Item, Prepared, Output>,
  ctx: JobContext,
  error: unknown,
): Promise<void> {
  await work.store.moveRun({
    run: stepOf(work.definition.stepName, ctx).run,
    from: ["starting", "running"],
    to: "failed",
    holder: { id: ctx.job.id, token: ctx.fence },
    error: JSON.stringify({
      class: classOf(error),
      message: error instanceof Error ? error.message : String(error),
    }),
  });
}

function stepOf(name: string, ctx: JobContext): StepRef {
  const { run } = ctx.job;
  if (run === undefined) throw new TypeError(`job ${ctx.job.id} coordinates a run but belongs to none`);
  return { run, step: name };
}

function readCheckpoint(text: string | undefined): Progress {
  return text === undefined ? { sealed: false } : (JSON.parse(text) as Progress); // written by spawnWindow
}
