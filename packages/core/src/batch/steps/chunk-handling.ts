/** One attempt of a chunk's job: whether it is to do its work now, what it works with, and who is told. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import { LateEnd } from "../../job/late-end.ts";
import type { RunId } from "../../model/ids.ts";
import { PutOffError } from "../../model/put-off.ts";
import type { ItemState } from "../../model/settlement.ts";
import { isStoreFailure } from "../../store/failure.ts";
import { runChunk } from "../chunk.ts";
import type { ChunkStep } from "../chunk-step.ts";
import { type ChunkNotices, type ChunkWork, isWorthRetrying } from "../chunk-work.ts";
import type { ChunkNews, EndedChunk } from "../listeners.ts";
import { planContext } from "../run/run-context.ts";
import type { ExecutionLook, RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { detailOf } from "../run/step-detail.ts";
import { newsOf, tell } from "../run/tell.ts";
import { type ChunkPayload, runOf } from "../run-jobs.ts";
import { isRefused, stepFailure } from "../step-failure.ts";
import { isTimeUp } from "../time-up.ts";
import { chunkKey, unpackItems } from "./chunk-items.ts";
import { type Execution, partitionOf } from "./execution.ts";
import { heldBack, isOver, readOrPutOff } from "./held-back.ts";
import { leaveUnbegun } from "./unbegun.ts";

/** Runs the chunk. */
export async function handleChunk(
  parts: RunParts,
  at: { readonly execution: Execution; readonly chunks: ChunkStep; readonly chunk: ChunkPayload },
  ctx: JobContext,
): Promise<Control | LateEnd | undefined> {
  const run = runOf(ctx.job);
  const { execution, chunks, chunk } = at;
  const read = await readOrPutOff(ctx, () => lookAt(parts, { ...at, run, ctx }));
  if ("control" in read) return read.control;
  const look = read.value;
  const held = heldBack(look, ctx);
  if (held !== undefined) return held.control;
  const news: ChunkNews = {
    ...newsOf(look.row),
    step: execution.name,
    chunk: ctx.job.id,
    attempt: ctx.attempt,
    items: chunk.items.length,
  };
  const items = unpackItems(chunk);
  const work: ChunkWork = {
    rules: chunks,
    store: parts.store,
    step: { run, step: execution.name },
    items,
    keyOf: (position) => chunkKey(chunks, items, { position, keys: chunk.keys }),
    context: {
      params: look.params,
      partition: partitionOf(execution, look),
      run: planContext(parts.definition, look, ctx.signal).run,
      chunk: ctx.job.id,
      fence: ctx.fence,
      attempt: ctx.attempt,
      log: ctx.log,
    },
    isRetry: chunk.retry === true,
    notices: {},
    nowMs: () => parts.timing.now(),
  };
  if (isOver(look) || isFailing(look, at) || isLate(look, at, ctx)) return leaveUnbegun(work, ctx);
  return told(parts, { news, work, ctx });
}

/** A look of a moment ago does, but not for giving the chunk up: a restart may have come since. */
async function lookAt(
  { looks }: RunParts,
  at: Parameters<typeof handleChunk>[1] & { readonly run: RunId; readonly ctx: JobContext },
): Promise<ExecutionLook> {
  if (isReplayed(at.ctx)) return looks.freshFor(at.run, at.execution.name);
  const look = await looks.recent(at.run, at.execution.name);
  return isOver(look) || isFailing(look, at) ? looks.freshFor(at.run, at.execution.name) : look;
}

function isReplayed({ job }: JobContext): boolean {
  return job.generation > 1;
}

/** Whether an operator had it run again after its step had begun anew: what it left is run again by that. */
function isLate(look: RunLook, { execution }: Parameters<typeof handleChunk>[1], ctx: JobContext): boolean {
  return isReplayed(ctx) && detailOf(look.steps.get(execution.name)).job !== ctx.job.parent;
}

/** Whether the step is to fail for what has become of other items; of items that run again only refused writes count. */
function isFailing(
  look: ExecutionLook,
  { execution, chunks, chunk }: Parameters<typeof handleChunk>[1],
): boolean {
  const { base = { skipped: 0, failed: 0 } } = detailOf(look.steps.get(execution.name));
  const { counters } = look;
  if (chunk.retry === true) return isRefused(counters, base);
  return stepFailure(chunks, counters, base) !== undefined;
}

interface Telling {
  readonly news: ChunkNews;
  readonly work: ChunkWork;
  readonly ctx: JobContext;
}

async function told(parts: RunParts, { news, work, ctx }: Telling): Promise<Control | LateEnd | undefined> {
  const outcomes: Partial<Record<ItemState, number>> = {};
  const notices = noticesOf(parts, news, outcomes);
  await tell(parts, "beforeChunk", news);
  const telling = { news, outcomes, work, ctx };
  const end = await toldEnd(parts, telling, () => runChunk({ ...work, notices }, ctx));
  if (!(end instanceof LateEnd)) return end;
  const { running, finish, overdue } = end.parts;
  return new LateEnd({
    running,
    finish: (signal) => toldEnd(parts, telling, () => finish(signal)),
    overdue: () => {
      const error = overdue();
      // Nobody waits: the attempt has had its time.
      toldEnd(parts, telling, () => Promise.reject(error)).catch(() => undefined);
      return error;
    },
  });
}

/** Tells of the attempt's end once it has one; not of one that was told to stop, but for its time-out. */
async function toldEnd<End>(
  parts: RunParts,
  { news, outcomes, work, ctx }: Telling & Pick<EndedChunk, "outcomes">,
  run: () => Promise<End>,
): Promise<End> {
  try {
    const end = await run();
    if (!(end instanceof LateEnd)) await tell(parts, "afterChunk", { ...news, outcomes });
    return end;
  } catch (error) {
    const isStopped = ctx.signal.aborted && (!isTimeUp(ctx.signal) || isStoreFailure(error));
    if (!isStopped) {
      await tell(parts, "afterChunk", { ...news, outcomes, error });
      if (isWorthRetrying(work, ctx, error) && !(error instanceof PutOffError))
        await tell(parts, "retry", { ...news, error });
    }
    throw error;
  }
}

function noticesOf(
  parts: RunParts,
  { run, definition, tenant, step }: ChunkNews,
  outcomes: Partial<Record<ItemState, number>>,
): ChunkNotices {
  return {
    onSettled: (states) => {
      for (const state of states) outcomes[state] = (outcomes[state] ?? 0) + 1;
    },
    onSkip: ({ key, item, error }) => {
      const what = { key, item, ...(error === undefined ? {} : { error }) };
      void tell(parts, "skip", { run, definition, tenant, step, ...what });
    },
  };
}
