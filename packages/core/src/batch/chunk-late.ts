/** The end of a chunk's attempt whose time was up: what was done by then is kept, what was under way was late. */
import type { Control } from "../job/control.ts";
import { LateEnd } from "../job/late-end.ts";
import { ClassedError, MillraceError } from "../model/errors.ts";
import { conclusionOf, postpone, type RunningChunk, tellingOfFailure } from "./chunk-end.ts";
import type { ChunkGroup } from "./chunk-group.ts";
import { isWorthRetrying } from "./chunk-work.ts";
import { type Conclusion, commitGroup, type Postponed } from "./commit-group.ts";
import { failedEnding } from "./ending.ts";
import type { Passage } from "./process-items.ts";
import { isTimeUp, TimeUp } from "./time-up.ts";

/** The reason of what an attempt's time-out has found at work. */
export const TIMED_OUT = "timed-out";

/** How far the attempt had come. */
interface LateAttempt extends Passage {
  readonly group: ChunkGroup;
  /** Places of the items that it began with. */
  readonly pending: readonly number[];
}

/** What an attempt comes to: its end, or how far it has come where it was told that its time was up. */
export type Work = Promise<Control | LateAttempt>;

/** The end of the attempt, or what is left of it once its time is up. */
export async function endInTime(chunk: RunningChunk, start: () => Work): Promise<Control | LateEnd> {
  const timeUp = new TimeUp(chunk.signal);
  try {
    const work = start();
    const end = await timeUp.before<Control | LateAttempt | undefined>(work, () => undefined);
    if (isTimeUp(chunk.signal)) return lateEnd(chunk, work);
    return end as Control; // who says how far it has come was told that its time was up
  } finally {
    timeUp.close();
  }
}

/** What the attempt is to end with: as soon as nothing of its items runs any more, or after the grace. */
function lateEnd(chunk: RunningChunk, work: Work): LateEnd {
  const { measures, underway } = chunk;
  const found = underway.what;
  measures.note(timedOut(chunk, found));
  return new LateEnd({
    running: work.then(stillRunning),
    finish: (signal) => {
      const late = { ...chunk, signal };
      return tellingOfFailure(late, () => finish(late, work, found));
    },
    overdue: () => timedOut(chunk, underway.what),
  });
}

async function stillRunning(end: Awaited<Work>): Promise<void> {
  if (isLate(end)) await Promise.allSettled(end.late.map((item) => item.running));
}

function isLate(end: Awaited<Work>): end is LateAttempt {
  return "pending" in end;
}

function timedOut({ work, ctx }: RunningChunk, what: string, cause?: unknown): ClassedError {
  const seconds = (work.rules.timeoutMs as number) / 1_000; // without one no attempt is late
  const message = `${what} was under way when attempt ${ctx.attempt} of its chunk ran into the step's timeout of ${seconds} s`;
  return new ClassedError("timeout", TIMED_OUT, message, cause);
}

/** `found`: what was under way when the time was up. */
async function finish(chunk: RunningChunk, work: Work, found: string): Promise<Control> {
  const end = await work.catch((reason: unknown) => {
    throw isOwnWord(reason) ? reason : timedOut(chunk, found, reason);
  });
  return isLate(end) ? finishLate(chunk, end, timedOut(chunk, found)) : end;
}

/** Whether it is more than what a function says that its signal has told to stop. */
function isOwnWord(reason: unknown): boolean {
  return reason instanceof ClassedError || reason instanceof MillraceError;
}

/**
 * Items that were late come behind all others in the attempts to come, so that one that hangs holds up nothing but itself.
 * Where the policy gives no more attempts, the chunk goes on without burning one for as long as attempts settle anything;
 * one that does not fails what it was held up by.
 */
async function finishLate(chunk: RunningChunk, attempt: LateAttempt, error: ClassedError): Promise<Control> {
  const { ctx, work, settled } = chunk;
  const { group, pending, taken, late } = attempt;
  await group.finish(chunk.signal);
  const left = pending.filter((position) => !settled.has(position));
  if (left.length === 0) return conclusionOf(chunk, { taken, isLast: true }).with({});
  settled.addLate([...late, ...group.postponed].map(({ position }) => position));
  settled.addLate(group.late);
  const itemError = timedOut(chunk, "the item");
  if (isWorthRetrying(work, ctx, error)) return tryAgain(chunk, attempt, { error, itemError });
  if (left.length === pending.length) return failLate(chunk, attempt, { error, itemError });
  return goOn(chunk, attempt, group.postponed);
}

/** What fails the attempt, and each of its items that were late. */
interface Errors {
  readonly error: ClassedError;
  readonly itemError: ClassedError;
}

function tryAgain(
  chunk: RunningChunk,
  { late, group, taken }: LateAttempt,
  { error, itemError }: Errors,
): Promise<never> {
  const positions = [...late.map(({ position }) => position), ...group.late];
  const postponed = [...group.postponed, ...positions.map((position) => ({ position, error: itemError }))];
  if (postponed.length === 0) throw error;
  return postpone(chunk, { taken, postponed, checkpoint: chunk.settled.textWith([]) });
}

async function failLate(
  chunk: RunningChunk,
  attempt: LateAttempt,
  { error, itemError }: Errors,
): Promise<Control> {
  const { work, settled } = chunk;
  const { late, group, pending, taken } = attempt;
  const failed = [
    ...late.map(({ position }) => failedEnding(work, position, { error: itemError, stage: "process" })),
    ...group.late.map((position) => failedEnding(work, position, { error: itemError, stage: "write" })),
  ];
  if (failed.length === 0 && group.postponed.length === 0) throw error;
  const conclusion = conclusionOf(chunk, { taken, isLast: failed.length === pending.length });
  const whole: Conclusion = {
    with: (parts) => conclusion.with({ checkpoint: settled.textWith([]), ...parts }),
  };
  const { control, postponed } = await commitGroup(
    chunk,
    failed,
    group.postponed.length === 0 ? whole : undefined,
  );
  return control ?? goOn(chunk, attempt, [...group.postponed, ...postponed]);
}

/** No attempt is burnt for what is left, unless that asks for one. */
function goOn(
  chunk: RunningChunk,
  { taken }: LateAttempt,
  postponed: readonly Postponed[],
): Control | Promise<never> {
  const checkpoint = chunk.settled.textWith([]);
  if (postponed.length > 0) return postpone(chunk, { taken, postponed, checkpoint });
  return conclusionOf(chunk, { taken, isLast: false }).with({ checkpoint });
}
