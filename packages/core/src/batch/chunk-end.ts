/** How an attempt of a chunk ends: with what it measured, and with what is to be tried again. */
import type { WriteParts } from "../job/control.ts";
import { PutOffError } from "../model/put-off.ts";
import { isRetried } from "../model/retry.ts";
import { retryAfterMs } from "../model/retry-after.ts";
import { systemClock } from "../runtime/clock.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { CommittingChunk, Conclusion, Postponed } from "./commit-group.ts";
import type { Standing } from "./pending.ts";
import { REFUSED } from "./refusals.ts";
import { isTimeUp } from "./time-up.ts";
import type { Underway } from "./underway.ts";

/** A chunk under way. */
export interface RunningChunk extends CommittingChunk, Pick<Standing, "repeated"> {
  readonly underway: Underway;
}

/** The attempt's end where nothing is postponed: the chunk's own where these were its last items. */
export function conclusionOf(
  chunk: RunningChunk,
  { taken, isLast }: { readonly taken: number; readonly isLast: boolean },
): Conclusion {
  const { work, ctx, repeated } = chunk;
  return {
    with: (parts) => {
      const whole = measured(chunk, taken, parts);
      return isLast ? ctx.complete(undefined, withRepeated(work, repeated, whole)) : ctx.release(whole);
    },
  };
}

/** An attempt that another is to follow. */
export interface Postponing {
  /** How many of its items it has worked on. */
  readonly taken: number;
  readonly postponed: readonly Postponed[];
  /** The chunk's, where it is to change. */
  readonly checkpoint?: string | undefined;
}

/**
 * Counts what is to be tried again, and fails the attempt: of several failures, by the one that asks for most patience. Items
 * that are only put off have not failed; where all are, so is the chunk.
 */
export async function postpone(
  chunk: CommittingChunk,
  { taken, postponed, checkpoint }: Postponing,
): Promise<never> {
  const { work, ctx } = chunk;
  const failed = postponed.filter(({ error }) => !(error instanceof PutOffError));
  const counters = { retried: failed.length };
  await ctx.save(measured(chunk, taken, { step: work.step, counters, checkpoint }));
  const { onRetry } = work.notices;
  for (const { position, error } of failed) {
    onRetry?.({ item: work.items[position], key: work.keyOf(position), error, attempt: ctx.attempt });
  }
  throw mostPatient((failed.length > 0 ? failed : postponed).map(({ error }) => error));
}

function mostPatient(errors: readonly unknown[]): unknown {
  const asked = errors.map((error) => ({ error, ms: retryAfterMs(error, systemClock.now()) ?? -1 }));
  return asked.reduce((most, each) => (each.ms > most.ms ? each : most)).error;
}

/** The parts of a chunk's end, with how many of its items were passed over as repeated ones. */
export function withRepeated({ step }: ChunkWork, repeated: number, parts: WriteParts): WriteParts {
  return repeated === 0 ? parts : { ...parts, step, counters: { ...parts.counters, repeated } };
}

/** The parts, with what the attempt measured where the step's chunks are adapted. */
function measured(chunk: CommittingChunk, items: number, parts: WriteParts): WriteParts {
  if (!isAdapted(chunk)) return parts;
  const { counters } = parts;
  return { ...parts, step: chunk.work.step, counters: { ...counters, ...chunk.measures.counters(items) } };
}

/** Whether the sizes of the step's chunks are adapted to what they cost. */
function isAdapted({ work }: CommittingChunk): boolean {
  const { min, max } = work.rules.chunkSize;
  return min < max;
}

/** Gives what `run` does; where that fails, its step is told what it is to know of the attempt. */
export async function tellingOfFailure<T>(chunk: RunningChunk, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await tellTimeout(chunk);
    await tellRefusal(chunk, error);
    throw error;
  }
}

/** An attempt that ran into its own time-out says so, where that makes later chunks smaller. */
async function tellTimeout(chunk: RunningChunk): Promise<void> {
  const { ctx, work, measures } = chunk;
  if (!isAdapted(chunk) || !isTimeUp(ctx.signal) || measures.isTold) return;
  // Only a hint: a write that fails changes nothing of how the attempt ends.
  await ctx.save({ step: work.step, counters: measures.counters(0) }).catch(() => undefined);
}

/** A chunk that is given up for what no item is to blame for says so: its step need not try the others. */
async function tellRefusal({ ctx, work, refusals }: RunningChunk, error: unknown): Promise<void> {
  if (!refusals.isProven(error) || isRetried(work.rules.retry, { error, attempt: ctx.attempt })) return;
  // Only a hint as well: other chunks will meet the same.
  await ctx.save({ step: work.step, counters: { [REFUSED]: 1 } }).catch(() => undefined);
}
