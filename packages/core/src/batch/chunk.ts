/** One chunk: processes its items in turn and commits them in small groups, each group with its ledger rows. */

import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import { ClassedError } from "../model/errors.ts";
import { classOf, retryDelayMs } from "../model/retry.ts";
import type { ItemOutcome, StepRef } from "../model/settlement.ts";
import type { Transaction } from "../store/call.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { Store } from "../store/store.ts";
import { type BatchDefinition, Filtered } from "./definition.ts";

/** What one attempt of a chunk works with. */
export interface ChunkWork<Params, Item, Prepared, Output> {
  readonly definition: BatchDefinition<Params, Item, Prepared, Output>;
  readonly params: Params;
  readonly store: Store;
  readonly items: readonly Item[];
  readonly step: StepRef;
}

/** How one item ended. */
type Ending<Item, Output> =
  | { readonly kind: "output"; readonly item: Item; readonly output: Output }
  | { readonly kind: "filtered"; readonly item: Item; readonly filtered: Filtered }
  | { readonly kind: "failed"; readonly item: Item; readonly error: unknown };

/**
 * One attempt of a chunk. Items already in the ledger are skipped, so redoing a chunk redoes only what had not
 * committed. A failure worth another try ends the attempt after the others have committed.
 */
export async function runChunk<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
): Promise<Control | undefined> {
  const { step } = work.definition;
  const items = await unsettled(work);
  if (items.length === 0) return undefined;
  const prepared = await step.prepare(items, work.params);
  const group: Ending<Item, Output>[] = [];
  let held = 0;
  let again: unknown;
  for (const item of items) {
    if (ctx.draining.aborted) break;
    const ending = await endingOf(work, ctx, { item, prepared });
    if (ending.kind === "failed" && worthRetrying(work, ctx, ending.error)) {
      again ??= ending.error;
      continue;
    }
    group.push(ending);
    held += ending.kind === "output" ? (step.outputWeight?.(ending.output) ?? 1) : 0;
    if (group.length >= step.commit.items || held >= step.commit.weight) {
      await commit(work, ctx, group.splice(0));
      held = 0;
    }
  }
  await commit(work, ctx, group);
  if (again !== undefined) throw again;
  if (ctx.draining.aborted && (await unsettled(work)).length > 0) return ctx.release();
  return undefined;
}

async function unsettled<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
): Promise<readonly Item[]> {
  const keyOf = (item: Item): string => work.definition.step.key(item);
  const page = await work.store.items(
    { ...work.step, keys: work.items.map(keyOf) },
    { limit: Math.max(work.items.length, 1) },
  );
  const settled = new Set(page.rows.map((row) => row.key));
  return work.items.filter((item) => !settled.has(keyOf(item)));
}

async function endingOf<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  at: { readonly item: Item; readonly prepared: Prepared },
): Promise<Ending<Item, Output>> {
  try {
    const output = await work.definition.step.process(at.item, {
      params: work.params,
      prepared: at.prepared,
      signal: ctx.signal,
    });
    if (output instanceof Filtered) return { kind: "filtered", item: at.item, filtered: output };
    return { kind: "output", item: at.item, output };
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    return { kind: "failed", item: at.item, error };
  }
}

function worthRetrying<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  error: unknown,
): boolean {
  const failure = { error, attempt: ctx.attempt };
  return retryDelayMs(work.definition.step.retry, failure, () => 0) !== undefined;
}

/** Commits a group; one that the database refuses is tried item by item, so that one bad item fails alone. */
async function commit<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<void> {
  if (group.length === 0) return;
  try {
    await commitOnce(work, ctx, group);
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    if (group.length > 1) {
      for (const ending of group) await commit(work, ctx, [ending]);
      return;
    }
    const [only] = group;
    if (only === undefined || only.kind === "failed") throw error;
    await commitOnce(work, ctx, [{ kind: "failed", item: only.item, error: atStage("write", error) }]);
  }
}

async function commitOnce<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<void> {
  const { step } = work.definition;
  const items = group.map((ending) => outcomeOf(step, ending));
  const write = async (transaction: Transaction | undefined): Promise<void> => {
    const context = { params: work.params, transaction };
    const outputs = group.flatMap((ending) => (ending.kind === "output" ? [ending.output] : []));
    const failed = group.flatMap((ending) => (ending.kind === "failed" ? [ending] : []));
    if (outputs.length > 0) await step.write(outputs, context);
    if (failed.length > 0) await step.failed?.(failed, context);
  };
  const { transactions } = work.store.capabilities;
  if (transactions === undefined) {
    await write(undefined);
    await ctx.save({ step: work.step, items });
    return;
  }
  await transactions.run(async (transaction) => {
    await ctx.save({ step: work.step, items }, transaction);
    await write(transaction);
  });
}

function outcomeOf<Params, Item, Prepared, Output>(
  step: BatchDefinition<Params, Item, Prepared, Output>["step"],
  ending: Ending<Item, Output>,
): ItemOutcome {
  const key = step.key(ending.item);
  switch (ending.kind) {
    case "output":
      return { key, state: "done", tally: step.tally?.(ending.output) ?? {} };
    case "filtered":
      return { key, state: "filtered", reason: ending.filtered.reason, tally: ending.filtered.tally };
    case "failed":
      return { key, state: "failed", ...describe(ending.error) };
  }
}

const MAX_MESSAGE = 1_000;

function describe(error: unknown): Pick<ItemOutcome, "stage" | "errorClass" | "reason" | "message"> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE);
  return {
    stage:
      error instanceof Error && "stage" in error && typeof error.stage === "string" ? error.stage : "process",
    errorClass: classOf(error),
    reason: error instanceof ClassedError ? error.reason : classOf(error),
    message: message.toWellFormed().replaceAll("\u0000", ""),
  };
}

function atStage(stage: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { stage }) : error;
}
