/** One chunk: processes its items in turn and commits them in small groups, each group with its ledger rows. */

import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import { ClassedError } from "../model/errors.ts";
import { classOf, retryDelayMs } from "../model/retry.ts";
import type { ItemOutcome, StepRef } from "../model/settlement.ts";
import type { Transaction } from "../store/call.ts";
import { isStoreFailure } from "../store/failure.ts";
import type { Store } from "../store/store.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
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
  | {
      readonly kind: "failed";
      readonly item: Item;
      readonly error: unknown;
      /** The `failed` hook failed too and is not called again. */
      readonly hookFailed?: true;
    };

/** A failure worth another attempt of its item. */
interface Again {
  readonly error: unknown;
}

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
  let again: Again | undefined;
  const flush = async (): Promise<void> => {
    const refused = await commit(work, ctx, group.splice(0));
    again ??= refused;
    held = 0;
  };
  for (const item of items) {
    if (ctx.draining.aborted) break;
    const ending = await endingOf(work, ctx, { item, prepared });
    if (ending.kind === "failed" && worthRetrying(work, ctx, ending.error)) {
      again ??= { error: ending.error };
      continue;
    }
    group.push(ending);
    held += ending.kind === "output" ? (step.outputWeight?.(ending.output) ?? 1) : 0;
    if (group.length >= step.commit.items || held >= step.commit.weight) await flush();
  }
  await flush();
  if (again !== undefined) throw again.error;
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

/**
 * Commits a group; one that the database refuses is tried item by item, so that one bad item fails alone. Gives the
 * first refusal that is worth another attempt: its item has no ledger row yet.
 */
async function commit<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<Again | undefined> {
  if (group.length === 0) return undefined;
  try {
    await commitOnce(work, ctx, group);
    return undefined;
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    return group.length > 1 ? commitEach(work, ctx, group) : commitRefused(work, ctx, { group, error });
  }
}

/** What was refused alone fails, unless another attempt is worth it. */
async function commitRefused<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  { group, error }: { readonly group: readonly Ending<Item, Output>[]; readonly error: unknown },
): Promise<Again | undefined> {
  const [only] = group;
  if (only === undefined) return undefined;
  if (worthRetrying(work, ctx, error)) return { error };
  if (only.kind !== "failed") {
    return commit(work, ctx, [{ kind: "failed", item: only.item, error: atStage("write", error) }]);
  }
  if (only.hookFailed) throw error;
  return commit(work, ctx, [{ ...only, hookFailed: true }]);
}

async function commitEach<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  group: readonly Ending<Item, Output>[],
): Promise<Again | undefined> {
  let again: Again | undefined;
  for (const ending of group) {
    const refused = await commit(work, ctx, [ending]);
    again ??= refused;
  }
  return again;
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
    const failed = group.flatMap((ending) =>
      ending.kind === "failed" && !ending.hookFailed ? [ending] : [],
    );
    if (outputs.length > 0) await step.write(outputs, context);
    if (failed.length > 0) await step.failed?.(failed, context);
  };
  const { transactions } = work.store.capabilities;
  if (transactions === undefined) {
    if (ctx.signal.reason instanceof LeaseLost) throw ctx.signal.reason;
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
      return {
        key,
        state: "filtered",
        reason: keepable(ending.filtered.reason),
        tally: ending.filtered.tally,
      };
    case "failed":
      return { key, state: "failed", ...describe(ending.error) };
  }
}

const MAX_MESSAGE = 1_000;

function describe(error: unknown): Pick<ItemOutcome, "stage" | "errorClass" | "reason" | "message"> {
  const hasStage = error instanceof Error && "stage" in error && typeof error.stage === "string";
  return {
    stage: hasStage ? keepable(String(error.stage)) : "process",
    errorClass: classOf(error),
    reason: keepable(error instanceof ClassedError ? error.reason : classOf(error)),
    message: keepable(error instanceof Error ? error.message : String(error)),
  };
}

/** What every store keeps of a text: no NUL, no half of a surrogate pair. */
function keepable(text: string): string {
  return text.slice(0, MAX_MESSAGE).toWellFormed().replaceAll("\u0000", "");
}

function atStage(stage: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { stage }) : error;
}
