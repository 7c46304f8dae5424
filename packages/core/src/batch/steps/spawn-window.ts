/** Reads one window of items and spawns its chunks. */
import type { Control } from "../../job/control.ts";
import { BadItem } from "../bad-item.ts";
import { type ChunkSizeState, firstChunkSize, nextChunkSize } from "../chunk-size.ts";
import { formChunks } from "../chunks.ts";
import type { Placed } from "../placed.ts";
import { MAX_GATHERED_BYTES, roughBytes } from "../rough-bytes.ts";
import { TOTAL } from "../run/execution-counts.ts";
import { runContext } from "../run/run-context.ts";
import { Values } from "../run/values.ts";
import { packItems } from "./chunk-items.ts";
import { chunkJobs } from "./chunk-jobs.ts";
import { partitionOf } from "./execution.ts";
import { kept, type Loop, type Progress } from "./loop.ts";
import type { ItemSource, Opening } from "./open-readers.ts";
import { resultsBefore } from "./step-results.ts";

/** How long a step waits for memory to come free. */
const NO_ROOM_MS = 1_000;

/**
 * Reads one window, at most twice what `concurrency` full chunks hold and not much above {@link MAX_GATHERED_BYTES}, and
 * suspends behind its chunks.
 */
export async function spawnWindow(loop: Loop): Promise<Control> {
  const { parts, ctx, chunks, progress, step } = loop;
  const size = sizeOf(loop);
  const wanted = (progress.attempt === undefined ? 2 : 1) * chunks.concurrency;
  const room = parts.memory.room(wanted);
  if (room === 0) return ctx.snooze(NO_ROOM_MS);
  const at = { cursor: progress.cursor, opening: () => openingOf(loop) };
  const source = await parts.readers.take(ctx.job.id, chunks, at);
  const stop = (): void => void source.close();
  ctx.signal.addEventListener("abort", stop, { once: true });
  try {
    const window = await readWindow(loop, source, { room, size: size.size });
    const control = suspend(loop, { ...window, source, size, room });
    if (window.sealed) stop();
    else parts.readers.keep({ job: ctx.job.id, step, cursor: cursorOf(window.items, progress) }, source);
    return control;
  } catch (error) {
    stop();
    throw error;
  } finally {
    ctx.signal.removeEventListener("abort", stop);
  }
}

function sizeOf(loop: Loop): ChunkSizeState {
  const { chunks, progress, parts } = loop;
  const counters = loop.look.counters;
  const bounds = chunks.chunkSize;
  if (progress.size === undefined) return firstChunkSize({ counters, bounds });
  const memory = parts.memory.look().mood;
  return nextChunkSize(progress.size, { counters, bounds, concurrency: chunks.concurrency, memory });
}

/** What its functions see of the run is as of the reader's opening. */
async function openingOf(loop: Loop): Promise<Opening> {
  const { parts, look, execution, progress } = loop;
  const run = runContext(parts.definition, look, progress.run);
  const step = new Values("step context", progress.context ?? {});
  return {
    cursor: progress.cursor,
    values: { run: run.values, step },
    context: {
      params: look.params,
      partition: partitionOf(execution, look),
      steps: await resultsBefore(parts, look, execution.index),
      run: run.context,
      step: { get: step.get, set: step.set },
    },
  };
}

interface Window {
  readonly items: readonly Placed<unknown>[];
  readonly sealed: boolean;
  /** The reader is slow: what there is goes to work, and reading goes on meanwhile. */
  readonly isCutShort: boolean;
}

/** How long whole chunks wait for others of their window. */
const PATIENCE_MS = 1_000;

async function readWindow(
  { ctx, parts }: Loop,
  source: ItemSource,
  { room, size }: { readonly room: number; readonly size: number },
): Promise<Window> {
  const items: Placed<unknown>[] = [];
  const untilMs = parts.timing.now() + PATIENCE_MS;
  let bytes = 0;
  let isCutShort = false;
  const isMore = await source.read((placed) => {
    items.push(placed);
    bytes += roughBytes(placed.item);
    if (items.length >= room * size || bytes >= MAX_GATHERED_BYTES || ctx.signal.aborted) return false;
    isCutShort = items.length % size === 0 && parts.timing.now() >= untilMs;
    return !isCutShort;
  });
  // A reader told to stop may just end, which is not the end of its items.
  ctx.signal.throwIfAborted();
  return { items, sealed: !isMore, isCutShort };
}

function suspend(
  loop: Loop,
  {
    items,
    sealed,
    isCutShort,
    source,
    size,
    room,
  }: Window & { readonly source: ItemSource; readonly size: ChunkSizeState; readonly room: number },
): Control {
  const { ctx, chunks, progress, step } = loop;
  const limits = { chunkSize: size.size, chunkWeight: chunks.chunkWeight };
  const formed = formChunks(items, ({ item }) => (item instanceof BadItem ? 1 : chunks.weight(item)), limits);
  const spawn = formed.flatMap((part) => chunkJobs(loop, part, (each) => packItems(chunks, each)));
  const next: Progress = {
    ...progress,
    ...{ cursor: cursorOf(items, progress), sealed, attempt: ctx.attempt, size },
    context: source.values.step.all(),
    run: source.values.run.changes(),
  };
  return ctx.suspend({
    wakeAt: sealed ? 0 : Math.min(chunks.concurrency, Math.max((isCutShort ? room : spawn.length) - 1, 0)),
    spawn,
    step,
    counters: {
      ...source.takeCounts(),
      ...(sealed ? { sealed: 1 } : toldTotal(loop, source)),
      read: items.length,
    },
    ...kept(loop, next),
  });
}

/** What the reader said of its total since that was last counted; once all is read nobody needs it. */
function toldTotal(loop: Loop, { total }: ItemSource): Record<string, number> {
  const more = total === undefined ? 0 : total - (loop.look.counters[TOTAL] ?? 0);
  return more === 0 ? {} : { [TOTAL]: more };
}

function cursorOf(items: readonly Placed<unknown>[], { cursor }: Progress): string | undefined {
  return items.at(-1)?.cursor ?? cursor;
}
