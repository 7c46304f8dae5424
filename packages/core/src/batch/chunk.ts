/** One chunk: processes its items in order and commits them in small groups, each group with its ledger rows. */
import type { JobContext } from "../job/context.ts";
import type { Control } from "../job/control.ts";
import { mapInOrder } from "../runtime/map-in-order.ts";
import { isStoreFailure } from "../store/failure.ts";
import { type ChunkWork, isWorthRetrying } from "./chunk-work.ts";
import { commitGroup } from "./commit-group.ts";
import type { Ending } from "./ending.ts";
import { Filtered } from "./filtered.ts";

/**
 * One attempt of a chunk. Items already in the ledger are skipped, so redoing a chunk redoes only what had not
 * committed. A failure worth another try fails the attempt, after the other items have committed.
 */
export async function runChunk<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
): Promise<Control | undefined> {
  const items = await unsettled(work);
  if (items.length === 0) return undefined;
  const prepared = await work.definition.step.prepare(items, work.params);
  const group = new Group(work, ctx);
  const postponed: unknown[] = [];
  let processed = 0;
  const { itemsAtOnce = 1 } = work.definition.step;
  const endings = mapInOrder(untilDraining(items, ctx), itemsAtOnce, (item) =>
    endingOf(work, ctx, { item, prepared }),
  );
  for await (const ending of endings) {
    if (ending.kind === "failed" && isWorthRetrying(work, ctx, ending.error)) postponed.push(ending.error);
    else postponed.push(...(await group.add(ending)));
    processed += 1;
  }
  postponed.push(...(await group.commit()));
  if (postponed.length > 0) throw postponed[0];
  return processed < items.length ? ctx.release() : undefined;
}

/** The chunk's items that have no ledger row yet. */
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

/** A draining worker starts no more of them. */
function* untilDraining<Item>(items: readonly Item[], ctx: JobContext): Generator<Item, void, void> {
  for (const item of items) {
    if (ctx.draining.aborted) return;
    yield item;
  }
}

async function endingOf<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  at: { readonly item: Item; readonly prepared: Prepared },
): Promise<Ending<Item, Output>> {
  const { item, prepared } = at;
  try {
    const context = { params: work.params, prepared, signal: ctx.signal };
    const output = await work.definition.step.process(item, context);
    return output instanceof Filtered
      ? { kind: "filtered", item, filtered: output }
      : { kind: "output", item, output };
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error)) throw error;
    return { kind: "failed", item, error };
  }
}

/** Endings gathered until they are worth a commit. */
class Group<Params, Item, Prepared, Output> {
  readonly #work: ChunkWork<Params, Item, Prepared, Output>;
  readonly #ctx: JobContext;
  #endings: Ending<Item, Output>[] = [];
  #weight = 0;

  constructor(work: ChunkWork<Params, Item, Prepared, Output>, ctx: JobContext) {
    this.#work = work;
    this.#ctx = ctx;
  }

  /** Gives what {@link commitGroup} gives, where the group was full. */
  async add(ending: Ending<Item, Output>): Promise<readonly unknown[]> {
    const { commit, outputWeight } = this.#work.definition.step;
    this.#endings.push(ending);
    if (ending.kind === "output") this.#weight += outputWeight?.(ending.output) ?? 1;
    const isFull = this.#endings.length >= commit.items || this.#weight >= commit.weight;
    return isFull ? this.commit() : [];
  }

  async commit(): Promise<readonly unknown[]> {
    const endings = this.#endings;
    this.#endings = [];
    this.#weight = 0;
    return commitGroup(this.#work, this.#ctx, endings);
  }
}
