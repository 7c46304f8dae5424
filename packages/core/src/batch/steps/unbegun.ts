/** Ends a chunk whose step is failing before it has begun: its items are kept as failed, to be run by a restart. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import type { ItemOutcome } from "../../model/settlement.ts";
import { BadItem } from "../bad-item.ts";
import type { ChunkWork } from "../chunk-work.ts";
import { describe } from "../ending.ts";
import { NOT_BEGUN } from "../own-counters.ts";
import { standingOf } from "../pending.ts";

/**
 * Settles what the chunk has not yet settled as not begun; what has failed before stays as it is. Rows are left at every
 * ledger level: without them a restart would miss items that nothing has worked on.
 */
export async function leaveUnbegun(work: ChunkWork, ctx: JobContext): Promise<Control> {
  const { step, rules } = work;
  const { unrecorded, repeated } = await standingOf(work, ctx);
  const counters = repeated === 0 ? undefined : { repeated };
  if (unrecorded.length === 0) return ctx.complete(undefined, { step, counters });
  await rules.undo?.(unrecorded, { ...work.context, signal: ctx.signal });
  const items = unrecorded.map((position): ItemOutcome => {
    const key = work.keyOf(position);
    const item = work.items[position];
    if (item instanceof BadItem) return { key, state: "failed", stage: "read", ...describe(item.error) };
    return {
      ...{ key, state: "failed", stage: "chunk", errorClass: "cancelled", reason: NOT_BEGUN },
      message: "its step was failing before its chunk had begun",
      item: JSON.stringify(item),
      tally: { [NOT_BEGUN]: 1 },
    };
  });
  return ctx.complete(undefined, { step, items, counters, onlyNewItems: true });
}
