/** One chunk: processes its items in order and commits them in groups, each group with its ledger rows. */
import type { JobContext } from "../job/context.ts";
import type { Control, WriteParts } from "../job/control.ts";
import { PutOffError } from "../model/put-off.ts";
import { retryAfterMs } from "../model/retry-after.ts";
import { systemClock } from "../runtime/clock.ts";
import { isStoreFailure } from "../store/failure.ts";
import { BadItem } from "./bad-item.ts";
import { ChunkMeasures } from "./chunk-measures.ts";
import { type ChunkWork, isWorthRetrying } from "./chunk-work.ts";
import { type CommittingChunk, type Conclusion, commitGroup, type Postponed } from "./commit-group.ts";
import { type Ending, failedEnding } from "./ending.ts";
import { type Standing, standingOf } from "./pending.ts";
import { type Processed, processItems } from "./process-items.ts";

const STORE_AWAY_MS = 1_000;

/**
 * One attempt of a chunk. Items already settled are passed over, so redoing a chunk redoes only what had not committed.
 * A failure worth another try fails the attempt, after the other items have committed; the last group goes with the
 * attempt's end where it can.
 */
export async function runChunk(work: ChunkWork, ctx: JobContext): Promise<Control | undefined> {
  const measures = new ChunkMeasures(work.nowMs);
  const standing = await standingOrTrouble(work, ctx);
  if (standing === undefined) return ctx.snooze(STORE_AWAY_MS);
  const { pending, repeated } = standing;
  if (pending.length === 0) return ctx.complete(undefined, withRepeated(work, repeated, {}));
  const chunk: RunningChunk = { ...standing, work, ctx, signal: ctx.signal, measures };
  try {
    return await runItems(chunk, pending);
  } catch (error) {
    await tellTimeout(chunk);
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

interface RunningChunk extends CommittingChunk, Pick<Standing, "repeated"> {}

async function runItems(chunk: RunningChunk, pending: readonly number[]): Promise<Control> {
  const { work, ctx, signal } = chunk;
  const context = { ...work.context, signal };
  await work.rules.undo?.(pending, context);
  const items = pending.map((position) => work.items[position]).filter((item) => !(item instanceof BadItem));
  const prepared = items.length === 0 ? undefined : await work.rules.prepare(items, context);
  const group = new Group(chunk, pending.length);
  const taken = await processItems(pending, {
    work,
    ctx,
    prepared,
    take: (processed) => group.take(processed),
  });
  const isLast = taken === pending.length;
  const conclusion: Conclusion = {
    with: (parts) => {
      const whole = measured(chunk, taken, parts);
      return isLast ? ctx.complete(undefined, withRepeated(work, chunk.repeated, whole)) : ctx.release(whole);
    },
  };
  const control = await group.end(conclusion);
  if (group.postponed.length > 0) await postpone(chunk, taken, group.postponed);
  return control ?? conclusion.with({});
}

/**
 * Counts what is to be tried again, and fails the attempt: of several failures, by the one that asks for most patience. Items
 * that are only put off have not failed; where all are, so is the chunk.
 */
async function postpone(
  chunk: CommittingChunk,
  taken: number,
  postponed: readonly Postponed[],
): Promise<never> {
  const { work, ctx } = chunk;
  const failed = postponed.filter(({ error }) => !(error instanceof PutOffError));
  const counters = { retried: failed.length };
  await ctx.save(measured(chunk, taken, { step: work.step, counters }));
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
function withRepeated({ step }: ChunkWork, repeated: number, parts: WriteParts): WriteParts {
  return repeated === 0 ? parts : { ...parts, step, counters: { ...parts.counters, repeated } };
}

/** The parts, with what the attempt measured where the step's chunks are adapted. */
function measured(chunk: CommittingChunk, items: number, parts: WriteParts): WriteParts {
  if (!isAdapted(chunk)) return parts;
  const { counters } = parts;
  return { ...parts, step: chunk.work.step, counters: { ...counters, ...chunk.measures.counters(items) } };
}

function isAdapted({ work }: CommittingChunk): boolean {
  const { min, max } = work.rules.chunkSize;
  return min < max;
}

/** An attempt that ran into its own time-out says so, where that makes later chunks smaller. */
async function tellTimeout(chunk: CommittingChunk): Promise<void> {
  const { signal, ctx, work } = chunk;
  if (!isAdapted(chunk) || !isTimeout(signal.reason)) return;
  chunk.measures.note(signal.reason);
  // Only a hint: a write that fails changes nothing of how the attempt ends.
  await ctx.save({ step: work.step, counters: chunk.measures.counters(0) }).catch(() => undefined);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/** Endings gathered until they are worth a commit. */
class Group {
  readonly postponed: Postponed[] = [];
  readonly #chunk: CommittingChunk;
  readonly #size: number;
  #endings: Ending[] = [];
  #weight = 0;
  #taken = 0;

  /** `size`: how many items the attempt has. */
  constructor(chunk: CommittingChunk, size: number) {
    this.#chunk = chunk;
    this.#size = size;
  }

  /** Takes the next; a promise where the group is full and not the last one. */
  take(processed: Processed): Promise<void> | undefined {
    this.#taken += 1;
    const ending = this.#ending(processed);
    if (ending === undefined) return undefined;
    const { commit, outputWeight } = this.#chunk.work.rules;
    this.#endings.push(ending);
    if (ending.kind === "output") this.#weight += outputWeight(ending.output);
    const isFull = this.#endings.length >= commit.items || this.#weight >= commit.weight;
    return isFull && this.#taken < this.#size ? this.#commit() : undefined;
  }

  /** Commits the last group; with the attempt's end, where all items are settled by that. */
  async end(conclusion: Conclusion): Promise<Control | undefined> {
    const endings = this.#endings;
    const { postponed, control } = await commitGroup(
      this.#chunk,
      endings,
      this.postponed.length === 0 ? conclusion : undefined,
    );
    this.postponed.push(...postponed);
    return control;
  }

  #ending(processed: Processed): Ending | undefined {
    if (processed.kind !== "error") return processed;
    const { work, ctx, measures } = this.#chunk;
    const { position, error } = processed;
    // What the reader says of an item is nothing that a smaller chunk would mend.
    if (work.items[position] instanceof BadItem)
      return failedEnding(work, position, { error, stage: "read" });
    measures.note(error);
    if (!isWorthRetrying(work, ctx, error)) return failedEnding(work, position, { error, stage: "process" });
    this.postponed.push({ position, error });
    return undefined;
  }

  async #commit(): Promise<void> {
    const endings = this.#endings;
    this.#endings = [];
    this.#weight = 0;
    const { postponed } = await commitGroup(this.#chunk, endings);
    this.postponed.push(...postponed);
  }
}
