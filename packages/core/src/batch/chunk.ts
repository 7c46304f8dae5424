/** One chunk: processes its items in order and commits them in groups, each group with its ledger rows. */
import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import type { LateEnd } from "../job/late-end.ts";
import { isRetried } from "../model/retry.ts";
import { isStoreFailure } from "../store/failure.ts";
import { BadItem } from "./bad-item.ts";
import { conclusionOf, isAdapted, postpone, type RunningChunk, withRepeated } from "./chunk-end.ts";
import { ChunkGroup } from "./chunk-group.ts";
import { lateEnd } from "./chunk-late.ts";
import { ChunkMeasures } from "./chunk-measures.ts";
import type { ChunkWork } from "./chunk-work.ts";
import { type Standing, standingOf } from "./pending.ts";
import { processItems } from "./process-items.ts";
import { REFUSED, Refusals } from "./refusals.ts";
import { isTimeUp } from "./time-up.ts";

const STORE_AWAY_MS = 1_000;

/**
 * One attempt of a chunk. Items already settled are passed over, so redoing a chunk redoes only what had not committed.
 * A failure worth another try fails the attempt, after the other items have committed; the last group goes with the
 * attempt's end where it can.
 */
export async function runChunk(work: ChunkWork, ctx: JobContext): Promise<Control | LateEnd | undefined> {
  const measures = new ChunkMeasures(work.nowMs);
  const standing = await standingOrTrouble(work, ctx);
  if (standing === undefined) return ctx.snooze(STORE_AWAY_MS);
  const { pending, repeated } = standing;
  if (pending.length === 0) return ctx.complete(undefined, withRepeated(work, repeated, {}));
  const chunk: RunningChunk = {
    ...standing,
    work,
    ctx,
    signal: ctx.signal,
    measures,
    refusals: new Refusals({ accepted: pending.length < work.items.length }),
  };
  try {
    return await runItems(chunk, pending);
  } catch (error) {
    await tellTimeout(chunk);
    await tellRefusal(chunk, error);
    throw error;
  }
}

/** Nothing has been tried yet: a store that is away is waited for, and costs no attempt. */
async function standingOrTrouble(work: ChunkWork, ctx: JobContext): Promise<Standing | undefined> {
  try {
    return await standingOf(work, ctx);
  } catch (error) {
    if (ctx.signal.aborted || !isStoreFailure(error)) throw error;
    return undefined;
  }
}

async function runItems(chunk: RunningChunk, pending: readonly number[]): Promise<Control | LateEnd> {
  const { work, ctx, signal } = chunk;
  const context = { ...work.context, signal };
  await work.rules.undo?.(pending, context);
  const items = pending.map((position) => work.items[position]).filter((item) => !(item instanceof BadItem));
  const prepared = items.length === 0 ? undefined : await work.rules.prepare(items, context);
  const group = new ChunkGroup(chunk, pending.length);
  const { taken, late } = await processItems(pending, {
    work,
    ctx,
    prepared,
    take: (processed) => group.take(processed),
  });
  if (isTimeUp(signal)) return lateEnd(chunk, { group, pending, taken, late });
  const conclusion = conclusionOf(chunk, { taken, isLast: taken === pending.length });
  const control = await group.end(conclusion);
  if (group.late.length > 0) return lateEnd(chunk, { group, pending, taken, late });
  if (group.postponed.length > 0) await postpone(chunk, { taken, postponed: group.postponed });
  return control ?? conclusion.with({});
}

/** An attempt that ran into its own time-out says so, where that makes later chunks smaller. */
async function tellTimeout(chunk: RunningChunk): Promise<void> {
  const { signal, ctx, work } = chunk;
  if (!isAdapted(chunk) || !isTimeUp(signal)) return;
  chunk.measures.note(signal.reason);
  // Only a hint: a write that fails changes nothing of how the attempt ends.
  await ctx.save({ step: work.step, counters: chunk.measures.counters(0) }).catch(() => undefined);
}

/** A chunk that is given up for what no item is to blame for says so: its step need not try the others. */
async function tellRefusal({ ctx, work, refusals }: RunningChunk, error: unknown): Promise<void> {
  if (!refusals.isProven(error) || isRetried(work.rules.retry, { error, attempt: ctx.attempt })) return;
  // Only a hint as well: other chunks will meet the same.
  await ctx.save({ step: work.step, counters: { [REFUSED]: 1 } }).catch(() => undefined);
}
