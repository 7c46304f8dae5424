/** Commits a group of items: what a writer wrote and the ledger rows in one transaction, where the store has them. */
import type { JobContext } from "../job/context.ts";
import type { Transaction } from "../store/call.ts";
import { isStoreFailure } from "../store/failure.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { type ChunkWork, isWorthRetrying } from "./chunk-work.ts";
import { type Ending, outcomeOf } from "./ending.ts";

/**
 * Commits a group. One that the database refuses is committed item by item, so that a bad item fails alone. Gives the
 * refusals that are worth another attempt: their items have no ledger row yet.
 */
export async function commitGroup<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<readonly unknown[]> {
  if (group.length === 0) return [];
  try {
    await commitOnce(work, ctx, group);
    return [];
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    const [only] = group;
    if (group.length === 1 && only !== undefined) return commitRefused(work, ctx, { only, error });
    const refusals: unknown[] = [];
    for (const ending of group) refusals.push(...(await commitGroup(work, ctx, [ending])));
    return refusals;
  }
}

/** What was refused alone fails, unless another attempt is worth it; a `failed` hook that fails is left out. */
async function commitRefused<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  refused: { readonly only: Ending<Item, Output>; readonly error: unknown },
): Promise<readonly unknown[]> {
  const { only, error } = refused;
  if (isWorthRetrying(work, ctx, error)) return [error];
  if (only.kind !== "failed")
    return commitGroup(work, ctx, [{ kind: "failed", item: only.item, error, stage: "write" }]);
  if (only.hookFailed) throw error;
  return commitGroup(work, ctx, [{ ...only, hookFailed: true }]);
}

/** The fence comes first: a holder that has lost its lease writes nothing. */
async function commitOnce<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<void> {
  const { transactions } = work.store.capabilities;
  const ledger = { step: work.step, items: group.map((ending) => outcomeOf(work.definition.step, ending)) };
  if (transactions === undefined) {
    if (ctx.signal.reason instanceof LeaseLost) throw ctx.signal.reason;
    await write(work, group, undefined);
    await ctx.save(ledger);
    return;
  }
  await transactions.run(async (transaction) => {
    await ctx.save(ledger, transaction);
    await write(work, group, transaction);
  });
}

async function write<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  group: readonly Ending<Item, Output>[],
  transaction: Transaction | undefined,
): Promise<void> {
  const { step } = work.definition;
  const context = { params: work.params, transaction };
  const outputs = group.flatMap((ending) => (ending.kind === "output" ? [ending.output] : []));
  const failed = group.flatMap((ending) => (ending.kind === "failed" && !ending.hookFailed ? [ending] : []));
  if (outputs.length > 0) await step.write(outputs, context);
  if (failed.length > 0) await step.failed?.(failed, context);
}
