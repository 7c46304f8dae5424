/** Opens a chunk loop at its first attempt: looks through what earlier executions left, and where to go on. */
import type { Control } from "../../job/control.ts";
import { ClassedError } from "../../model/errors.ts";
import type { JobId } from "../../model/ids.ts";
import type { JobState } from "../../model/job.ts";
import { everyPage } from "../../store/every-page.ts";
import type { Store } from "../../store/store.ts";
import { REFUSED } from "../refusals.ts";
import { settledItems } from "../run/item-rate.ts";
import { detailOf } from "../run/step-detail.ts";
import { stepErrorOf } from "../run/step-error.ts";
import { recordAbandoned } from "./abandoned.ts";
import { freshCounters, type Loop, type Progress } from "./loop.ts";

/** The loop as it stands; or the attempt's end, where something of an earlier execution is still under way. */
export type Opened =
  | { readonly kind: "open"; readonly loop: Loop }
  | { readonly kind: "wait"; readonly control: Control };

const LIVE: readonly JobState[] = ["scheduled", "ready", "retrying", "running", "waiting"];
/** How long a step waits for chunks whose end wakes nobody. */
export const LOOK_AGAIN_MS = 2_000;

/** The loop, from its checkpoint or, at first, from what the step's row keeps of executions before. */
export async function openLoop(at: Omit<Loop, "progress">): Promise<Opened> {
  const { ctx, row, step } = at;
  if (ctx.checkpoint !== undefined) {
    const progress = JSON.parse(ctx.checkpoint) as Progress; // written by `kept`
    return { kind: "open", loop: { ...at, progress } };
  }
  const { before = [], context, reading, rate } = detailOf(row);
  const first: Progress = { sealed: false, ...reading, context, rate, base: baseOf(at) };
  if (before.length === 0) return { kind: "open", loop: { ...at, progress: first } };
  for (const parent of before) {
    if (await hasLive(at.parts.store, parent)) return { kind: "wait", control: ctx.snooze(LOOK_AGAIN_MS) };
    await recordAbandoned({ store: at.parts.store, ctx, step, chunks: at.chunks, parent });
  }
  const base = at.chunks.ledger === "none" ? { ...first.base, failed: await outOfReach(at) } : first.base;
  return { kind: "open", loop: { ...at, progress: { ...first, base, again: {}, failure: await lost(at) } } };
}

function baseOf(at: Omit<Loop, "progress">): Progress["base"] {
  const { skipped = 0, failed = 0, [REFUSED]: refused } = at.look.counters;
  return { skipped, failed, refused };
}

const PAGE = 1_000;

/** Failed items that have no rows, so that they cannot run again. */
async function outOfReach(at: Omit<Loop, "progress">): Promise<number> {
  const { failed = 0 } = await freshCounters(at);
  const filter = { ...at.step, states: ["failed"] } as const;
  let rows = 0;
  for await (const page of everyPage(PAGE, (options) => at.parts.store.items(filter, options)))
    rows += page.length;
  return failed - rows;
}

/** Whether any of the chunks that this job spawned has not ended. */
export async function hasLive(store: Pick<Store, "find">, parent: JobId): Promise<boolean> {
  const { rows } = await store.find({ parent, states: LIVE }, { limit: 1 });
  return rows.length > 0;
}

/** The reason of an execution that cannot go on without missing items. */
export const CHUNKS_GONE = "chunks-gone";

/** Items that were read and whose chunks' jobs are no longer kept are lost: better no restart than one that misses them. */
async function lost(at: Omit<Loop, "progress">): Promise<Progress["failure"]> {
  const { step } = at;
  const counters = await freshCounters(at);
  const missing = (counters["read"] ?? 0) - settledItems(counters);
  if (missing <= 0) return undefined;
  const message =
    `${missing} items of step "${step.step}" were in chunks whose jobs are no longer kept, so the run cannot go on ` +
    "without missing them; start a new run";
  return stepErrorOf(new ClassedError("not-found", CHUNKS_GONE, message));
}
