/** Commits a group of items: what a writer wrote and the ledger rows in one transaction, where the store has them. */
import type { JobContext } from "../job/context.ts";
import type { Transaction } from "../store/call.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { ChunkWork } from "./chunk-work.ts";
import { type Ending, outcomeOf } from "./ending.ts";

/** Commits a group. One that the database refuses is committed item by item, so that a bad item fails alone. */
export async function commitGroup<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<void> {
  if (group.length === 0) return;
  try {
    await commitOnce(work, ctx, group);
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    if (group.length === 1) return failAlone(work, ctx, { group, error });
    for (const ending of group) await commitGroup(work, ctx, [ending]);
  }
}

/** The one item of the group could not be written: that is its ending. */
async function failAlone<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  refused: { readonly group: readonly Ending<Item, Output>[]; readonly error: unknown },
): Promise<void> {
  const failed = refused.group.map((ending) => {
    if (ending.kind === "failed") throw refused.error;
    return { kind: "failed", item: ending.item, error: refused.error, stage: "write" } as const;
  });
  await commitOnce(work, ctx, failed);
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
  const failed = group.flatMap((ending) => (ending.kind === "failed" ? [ending] : []));
  if (outputs.length > 0) await step.write(outputs, context);
  if (failed.length > 0) await step.failed?.(failed, context);
}
