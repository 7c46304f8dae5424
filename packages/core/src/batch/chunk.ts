/** One chunk: processes its items in order and commits them in groups, each group with its ledger rows. */
import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import type { LateEnd } from "../job/late-end.ts";
import { isStoreFailure } from "../store/failure.ts";
import { BadItem } from "./bad-item.ts";
import { conclusionOf, postpone, type RunningChunk, tellingOfFailure, withRepeated } from "./chunk-end.ts";
import { ChunkGroup } from "./chunk-group.ts";
import { endInTime, type Work } from "./chunk-late.ts";
import { ChunkMeasures } from "./chunk-measures.ts";
import type { ChunkWork } from "./chunk-work.ts";
import { type Standing, standingOf } from "./pending.ts";
import { processItems } from "./process-items.ts";
import { Refusals } from "./refusals.ts";
import { isTimeUp } from "./time-up.ts";
import { Underway } from "./underway.ts";

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
    underway: new Underway(),
  };
  return tellingOfFailure(chunk, () => endInTime(chunk, () => runItems(chunk, pending)));
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

async function runItems(chunk: RunningChunk, pending: readonly number[]): Work {
  const { work, ctx, signal, underway } = chunk;
  const prepared = await prepare(chunk, pending);
  const group = new ChunkGroup(chunk, pending.length);
  const { taken, late } = await underway.during("an item", () =>
    processItems(pending, { work, ctx, prepared, take: (processed) => group.take(processed) }),
  );
  if (isTimeUp(signal)) return { group, pending, taken, late };
  const conclusion = conclusionOf(chunk, { taken, isLast: taken === pending.length });
  const control = await group.end(conclusion);
  if (group.late.length > 0) return { group, pending, taken, late };
  if (group.postponed.length > 0) await postpone(chunk, { taken, postponed: group.postponed });
  return control ?? conclusion.with({});
}

/** What the step's own functions do before the first item. */
async function prepare(
  { work, signal, underway }: RunningChunk,
  pending: readonly number[],
): Promise<unknown> {
  const context = { ...work.context, signal };
  await underway.during("undo", () => work.rules.undo?.(pending, context));
  const items = pending.map((position) => work.items[position]).filter((item) => !(item instanceof BadItem));
  return items.length === 0
    ? undefined
    : underway.during("prepare", () => work.rules.prepare(items, context));
}
