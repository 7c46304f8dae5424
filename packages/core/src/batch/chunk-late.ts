/** The end of a chunk's attempt whose time was up: what was done by then is kept, what was under way was late. */
import type { Control } from "../job/control.ts";
import { LateEnd } from "../job/late-end.ts";
import { ClassedError } from "../model/errors.ts";
import { conclusionOf, postpone, type RunningChunk } from "./chunk-end.ts";
import type { ChunkGroup } from "./chunk-group.ts";
import { isWorthRetrying } from "./chunk-work.ts";
import { commitGroup } from "./commit-group.ts";
import { failedEnding } from "./ending.ts";
import type { Passage } from "./process-items.ts";

/** How far the attempt had come. */
export interface LateAttempt extends Passage {
  readonly group: ChunkGroup;
  /** Places of the items that it began with. */
  readonly pending: readonly number[];
}

const PUT_OFF_MS = 1_000;

/** What the attempt is to end with: as soon as nothing of its items runs any more, or after the grace. */
export function lateEnd(chunk: RunningChunk, attempt: LateAttempt): LateEnd {
  const running = Promise.allSettled(attempt.late.map((item) => item.running));
  return new LateEnd(running, (signal) => finish({ ...chunk, signal }, attempt));
}

/**
 * Items that were late come behind all others in the attempts to come, so that one that hangs holds up nothing but itself.
 * Where the policy gives no more attempts, the chunk goes on without burning one for as long as attempts settle anything;
 * one that does not fails what it was held up by.
 */
async function finish(chunk: RunningChunk, attempt: LateAttempt): Promise<Control> {
  const { ctx, work, settled, measures } = chunk;
  const { group, pending, taken } = attempt;
  const error = timedOut(chunk);
  measures.note(error);
  await group.finish(chunk.signal);
  const left = pending.filter((position) => !settled.has(position));
  if (left.length === 0) return conclusionOf(chunk, { taken, isLast: true }).with({});
  settled.addLate([...attempt.late.map(({ position }) => position), ...group.late]);
  if (isWorthRetrying(work, ctx, error)) return tryAgain(chunk, attempt, error);
  if (left.length === pending.length) return failLate(chunk, attempt, error);
  return conclusionOf(chunk, { taken, isLast: false }).with({ checkpoint: settled.textWith([]) });
}

/** What the items under way fail with. */
function timedOut({ work, ctx }: RunningChunk): ClassedError {
  const seconds = (work.rules.timeoutMs as number) / 1_000; // without one no item is late
  const message = `the item was under way when attempt ${ctx.attempt} of its chunk ran into the step's timeout of ${seconds} s`;
  return new ClassedError("timeout", "timed-out", message);
}

function tryAgain(
  chunk: RunningChunk,
  { late, group, taken }: LateAttempt,
  error: ClassedError,
): Promise<never> {
  const positions = [...late.map(({ position }) => position), ...group.late];
  const postponed = [...group.postponed, ...positions.map((position) => ({ position, error }))];
  if (postponed.length === 0) throw error;
  return postpone(chunk, { taken, postponed, checkpoint: chunk.settled.textWith([]) });
}

async function failLate(chunk: RunningChunk, attempt: LateAttempt, error: ClassedError): Promise<Control> {
  const { ctx, work, settled } = chunk;
  const { late, group, pending, taken } = attempt;
  const failed = [
    ...late.map(({ position }) => failedEnding(work, position, { error, stage: "process" })),
    ...group.late.map((position) => failedEnding(work, position, { error, stage: "write" })),
  ];
  if (failed.length === 0) throw error;
  const conclusion = conclusionOf(chunk, { taken, isLast: failed.length === pending.length });
  const { control } = await commitGroup(chunk, failed, {
    with: (parts) => conclusion.with({ checkpoint: settled.textWith([]), ...parts }),
  });
  // Behind the last attempt only what puts itself off is worth another.
  return control ?? ctx.snooze(PUT_OFF_MS, { checkpoint: settled.textWith([]) });
}
