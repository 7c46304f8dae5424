/** The chunk loop of a step execution: reads windows of items, spawns their chunks, sleeps until some have ended. */
import type { JobContext } from "../../job/context.ts";
import type { Control, WriteParts } from "../../job/control.ts";
import { decodeAttempts } from "../../model/attempt.ts";
import { PutOffError } from "../../model/put-off.ts";
import { isRetried, policyOf } from "../../model/retry.ts";
import { isStoreFailure } from "../../store/failure.ts";
import type { ChunkStep } from "../chunk-step.ts";
import { nextRate, settledItems } from "../run/item-rate.ts";
import type { RunParts } from "../run/run-parts.ts";
import { detailOf } from "../run/step-detail.ts";
import { type StepError, StepFailed, stepErrorOf } from "../run/step-error.ts";
import { runOf } from "../run-jobs.ts";
import { isRefused, stepFailure, WRITE_REFUSED } from "../step-failure.ts";
import { recordAbandoned } from "./abandoned.ts";
import type { Execution } from "./execution.ts";
import { heldBack, isOver } from "./held-back.ts";
import { freshCounters, kept, type Loop, type Progress } from "./loop.ts";
import { CHUNKS_GONE, hasLive, LOOK_AGAIN_MS, openLoop } from "./open-loop.ts";
import { spawnAgain } from "./spawn-again.ts";
import { spawnWindow } from "./spawn-window.ts";

/**
 * One attempt of a step's job. Cursor, contexts and chunks commit together with the attempt's end, so each chunk is
 * spawned exactly once. A failure no retry will mend fails the step once its chunks in flight have ended; one of the
 * store never does.
 */
export async function runChunkLoop(
  parts: RunParts,
  { execution, chunks }: { readonly execution: Execution; readonly chunks: ChunkStep },
  ctx: JobContext,
): Promise<Control | undefined> {
  const run = runOf(ctx.job);
  const look = await parts.looks.freshFor(run, execution.name);
  const row = look.steps.get(execution.name);
  // One that an operator has run again after another execution took its place has nothing to do any more.
  if (row === undefined || detailOf(row).job !== ctx.job.id) return undefined;
  if (isOver(look)) return undefined;
  const held = heldBack(look, ctx);
  if (held !== undefined) return held.control;
  const step = { run, step: execution.name };
  const opened = await openLoop({ parts, ctx, look, execution, chunks, step, row });
  if (opened.kind === "wait") return opened.control;
  const { loop } = opened;
  const { failure } = loop.progress;
  return failure === undefined ? tryToGoOn(loop) : failStep(loop, failure);
}

async function tryToGoOn(loop: Loop): Promise<Control | undefined> {
  const { ctx } = loop;
  try {
    return await goOn(loop);
  } catch (error) {
    if (ctx.signal.aborted || isStoreFailure(error) || error instanceof PutOffError) throw error;
    const attempt = ctx.attempt - (loop.progress.attempt ?? 1) + 1;
    if (!(error instanceof StepFailed) && isRetried(policyOf("default"), { error, attempt })) throw error;
    return failing(loop, stepErrorOf(error));
  }
}

async function goOn(loop: Loop): Promise<Control | undefined> {
  const failure = judged(loop);
  if (failure !== undefined) return failing(loop, failure);
  const timed = { ...loop, progress: { ...loop.progress, rate: rateOf(loop) } };
  if (loop.progress.again !== undefined) return spawnAgain(timed, loop.progress.again);
  if (!loop.progress.sealed) return spawnWindow(timed);
  return endStep(timed);
}

/** What of the step's own policy fails it by now. */
function judged(loop: Loop) {
  // Until failed items have been run again nobody knows how many will have failed.
  const isUnknown = loop.progress.again !== undefined && !isRefused(loop.look.counters, loop.progress.base);
  if (isUnknown) return undefined;
  return stepFailure(loop.chunks, loop.look.counters, loop.progress.base);
}

function rateOf(loop: Loop): Progress["rate"] {
  const done = settledItems(loop.look.counters);
  return nextRate(loop.progress.rate, { done, atMs: loop.parts.timing.wallMs() });
}

/** Wakes up again when the chunks in flight have ended. */
function failing({ ctx, ...loop }: Loop, failure: Progress["failure"]): Control {
  return ctx.suspend(kept({ ...loop, ctx }, { ...loop.progress, failure }));
}

/** Nothing of the step is in flight any more: settle what given-up chunks left, and end it. */
async function failStep(loop: Loop, failure: StepError): Promise<Control> {
  const { ctx, progress } = loop;
  await settleAbandoned(loop);
  if (await hasLiveChunks(loop)) return ctx.snooze(LOOK_AGAIN_MS);
  const repeated = failure.reason === CHUNKS_GONE ? {} : repeatedParts(loop, await freshCounters(loop));
  const whole = failure.reason === WRITE_REFUSED.reason ? await withCause(loop, failure) : failure;
  await ctx.save({ ...kept(loop, { ...progress, failure: whole }, "failed"), ...repeated });
  throw new StepFailed(whole);
}

/** With what was said of it where a chunk was given up. */
async function withCause({ parts, ctx }: Loop, failure: StepError): Promise<StepError> {
  const { rows } = await parts.store.find({ parent: ctx.job.id, states: ["dead"] }, { limit: 1 });
  const error = rows[0] && decodeAttempts(rows[0].records).at(-1)?.error;
  return error === undefined ? failure : { ...failure, message: `${failure.message}: ${error.message}` };
}

/** Every chunk has ended: settle what given-up chunks left, and say what the step came to. */
async function endStep(loop: Loop): Promise<Control> {
  const { ctx, progress } = loop;
  await settleAbandoned(loop);
  if (await hasLiveChunks(loop)) return ctx.snooze(LOOK_AGAIN_MS);
  const counters = await freshCounters(loop);
  const failure = stepFailure(loop.chunks, counters, progress.base);
  if (failure !== undefined) return failing(loop, failure);
  const state = (counters["failed"] ?? 0) > 0 ? "partial" : "completed";
  return ctx.complete(undefined, { ...kept(loop, progress, state), ...repeatedParts(loop, counters) });
}

/** Chunks that ran beside one another cannot have seen each other's keys: what they left of one row is counted here. */
function repeatedParts({ step, chunks }: Loop, counters: Readonly<Record<string, number>>): WriteParts {
  const repeated = chunks.ledger === "all" ? (counters["read"] ?? 0) - settledItems(counters) : 0;
  return repeated > 0 ? { step, counters: { repeated } } : {};
}

function settleAbandoned({ parts, ctx, step, chunks }: Loop): Promise<void> {
  return recordAbandoned({ store: parts.store, ctx, step, chunks, parent: ctx.job.id });
}

/** Asked after dead chunks were settled: one that an operator had run again before that is live, or has settled itself. */
function hasLiveChunks({ parts, ctx }: Loop): Promise<boolean> {
  return hasLive(parts.store, ctx.job.id);
}
