/** Commits a group of items: what a writer wrote and the ledger rows in one transaction, where the store has them. */
import type { JobContext } from "../job/context.ts";
import type { Control, WriteParts } from "../job/control.ts";
import { runIn } from "../job/inside-transaction.ts";
import type { Transaction } from "../store/call.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { TransactionCapability } from "../store/store.ts";
import { checkWrites } from "../store/write-checks.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { BadItem } from "./bad-item.ts";
import { bisect, type Refused } from "./bisect.ts";
import type { ChunkMeasures } from "./chunk-measures.ts";
import { isPassing, isWorthRetrying } from "./chunk-work.ts";
import type { FailedItem } from "./definition.ts";
import { type Ending, type FailedEnding, failedEnding, stateOf } from "./ending.ts";
import { type LedgerPlace, ledgerParts, positionsOf } from "./ledger-parts.ts";
import type { Refusals } from "./refusals.ts";

/** A chunk whose groups are committed. */
export interface CommittingChunk extends LedgerPlace {
  readonly ctx: JobContext;
  /** Of the attempt. */
  readonly signal: AbortSignal;
  readonly measures: ChunkMeasures;
  readonly refusals: Refusals;
}

/** An item that another attempt of the chunk is to try again. */
export interface Postponed {
  readonly position: number;
  readonly error: unknown;
}

/** What came of a group. */
export interface Committed {
  /** Not settled: the policy gives them another attempt. */
  readonly postponed: readonly Postponed[];
  /** The attempt's end with the group's rows in it, where they could go so. */
  readonly control: Control | undefined;
}

/** How the attempt ends. */
export interface Conclusion {
  /** Makes the end that these parts go with. */
  with(parts: WriteParts): Control;
}

const NOTHING: Committed = Object.freeze({ postponed: [], control: undefined });

/**
 * Commits a group. One that is refused is tried in halves until its bad items are alone, each try in a transaction of
 * its own where there are any; nothing is processed again for that. A refusal of a kind that passes postpones all it
 * hit, as long as the step's policy gives the chunk another attempt; one that no item is to blame for fails it. With
 * `conclusion`, what is accepted at the first try is written with the attempt's end instead of in a write of its own.
 */
export async function commitGroup(
  chunk: CommittingChunk,
  group: readonly Ending[],
  conclusion?: Conclusion,
): Promise<Committed> {
  if (group.length === 0) return NOTHING;
  let control: Control | undefined;
  const refused = await bisect(group, {
    attempt: async (part) => {
      const isWhole = conclusion !== undefined && part.length === group.length;
      try {
        if (isWhole) control = await commitWithEnd(chunk, part, conclusion);
        else await commitOnce(chunk, part);
      } catch (error) {
        await takeBack(chunk, part, error);
        throw error;
      }
      if (outputsIn(part).length > 0) chunk.refusals.accepted();
      told(chunk, part);
    },
    splits: (error, part) => splits(chunk, error, part.length),
    alone: (error) => chunk.refusals.wanting(error),
  });
  if (refused.length === 0) return { postponed: [], control };
  const { postponed, failed } = sorted(chunk, refused);
  const rest = await commitGroup(chunk, failed, postponed.length === 0 ? conclusion : undefined);
  return { postponed: [...postponed, ...rest.postponed], control: rest.control };
}

function splits(
  { signal, work, ctx, measures, refusals }: CommittingChunk,
  error: unknown,
  items: number,
): boolean {
  if (signal.aborted || isStoreFailure(error) || refusals.proves(error, items)) throw error;
  measures.note(error);
  return !(isPassing(error) && isWorthRetrying(work, ctx, error));
}

/** What was refused alone fails, unless another attempt is worth it. */
function sorted(
  chunk: CommittingChunk,
  refused: readonly Refused<Ending>[],
): { readonly postponed: readonly Postponed[]; readonly failed: readonly FailedEnding[] } {
  const postponed: Postponed[] = [];
  const failed: FailedEnding[] = [];
  for (const { members, error } of refused) {
    const isWorthIt = isWorthRetrying(chunk.work, chunk.ctx, error);
    for (const ending of members) {
      if (isWorthIt) postponed.push({ position: ending.position, error });
      else failed.push(afterRefusal(chunk, ending, error));
    }
  }
  return { postponed, failed };
}

/** A `failed` hook that fails is left out; an item that can be kept in no way at all fails the chunk. */
function afterRefusal({ work }: CommittingChunk, ending: Ending, error: unknown): FailedEnding {
  if (ending.kind !== "failed") return failedEnding(work, ending.position, { error, stage: "write" });
  if (ending.hookFailed) throw error;
  return { ...ending, hookFailed: true };
}

/** The fence comes first: a holder that has lost its lease writes nothing. */
async function commitOnce(chunk: CommittingChunk, group: readonly Ending[]): Promise<void> {
  const { ctx } = chunk;
  const parts = ledgerParts(chunk, group);
  const transactions = transactionsFor(chunk, group);
  if (transactions === undefined) {
    refuseLost(chunk);
    await write(chunk, group, undefined);
    await ctx.save(parts);
  } else {
    await runIn(transactions, async (transaction) => {
      await ctx.save(parts, transaction);
      await write(chunk, group, transaction);
    });
  }
  chunk.settled.add(positionsOf(group));
}

/** In a transaction settling comes last, and rolls back what was written where the lease is lost. */
async function commitWithEnd(
  chunk: CommittingChunk,
  group: readonly Ending[],
  conclusion: Conclusion,
): Promise<Control> {
  const { ctx } = chunk;
  const parts = ledgerParts(chunk, group);
  // A settlement that the store refuses would take the whole chunk down: what it will refuse is refused before.
  checkWrites([{ ...parts, id: ctx.job.id, token: ctx.fence, write: 1 }]);
  const control = conclusion.with(parts);
  const transactions = transactionsFor(chunk, group);
  refuseLost(chunk);
  if (transactions !== undefined) {
    return runIn(transactions, async (transaction) => {
      await write(chunk, group, transaction);
      return ctx.settle(control, transaction);
    });
  }
  await write(chunk, group, undefined);
  return control;
}

function refuseLost({ signal }: CommittingChunk): void {
  if (signal.reason instanceof LeaseLost) throw signal.reason;
}

/** What the group is to be committed by; `undefined` where nothing is written that a transaction could hold. */
function transactionsFor(
  { work }: CommittingChunk,
  group: readonly Ending[],
): TransactionCapability | undefined {
  const { write, failed, transactional } = work.rules;
  if (!transactional) return undefined;
  const isWritten = (ending: Ending): boolean =>
    (write !== undefined && ending.kind === "output") || (failed !== undefined && isForHook(ending));
  return group.some(isWritten) ? work.store.capabilities.transactions : undefined;
}

function isForHook(ending: Ending): ending is FailedEnding {
  return ending.kind === "failed" && !ending.hookFailed;
}

async function write(
  { work, signal }: CommittingChunk,
  group: readonly Ending[],
  transaction: Transaction | undefined,
): Promise<void> {
  const { rules, items } = work;
  if (rules.write === undefined && rules.failed === undefined) return;
  const positions = outputsIn(group).map(({ position }) => position);
  const context = { ...work.context, signal, transaction, positions };
  const outputs: unknown[] = [];
  const failures: FailedItem<unknown>[] = [];
  for (const ending of group) {
    if (ending.kind === "output") outputs.push(ending.output);
    else if (isForHook(ending) && !(items[ending.position] instanceof BadItem)) {
      failures.push({ item: items[ending.position], error: ending.error });
    }
  }
  if (outputs.length > 0) await rules.write?.(outputs, context);
  if (failures.length > 0) await rules.failed?.(failures, context);
}

/** Has what was written before the group was refused not count; where that is not known, the next attempt begins so. */
async function takeBack(
  { work, signal }: CommittingChunk,
  group: readonly Ending[],
  error: unknown,
): Promise<void> {
  if (signal.aborted || isStoreFailure(error)) return;
  const positions = outputsIn(group).map(({ position }) => position);
  if (positions.length > 0) await work.rules.undo?.(positions, { ...work.context, signal });
}

function outputsIn(group: readonly Ending[]): readonly Ending[] {
  return group.filter(({ kind }) => kind === "output");
}

/** Tells what has become of the items. */
function told({ work, ctx }: CommittingChunk, group: readonly Ending[]): void {
  const { onSettled, onSkip } = work.notices;
  onSettled?.(group.map(stateOf));
  if (onSkip === undefined) return;
  for (const ending of group) {
    if (stateOf(ending) !== "skipped") continue;
    const { position } = ending;
    const notice = { item: work.items[position], key: work.keyOf(position), attempt: ctx.attempt };
    onSkip(ending.kind === "failed" ? { ...notice, error: ending.error } : notice);
  }
}
