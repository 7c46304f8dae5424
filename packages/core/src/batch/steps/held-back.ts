/** Whether the job of a step or chunk is to do its work now: not while its run is paused, nor once it is over. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import { isFinishedRun } from "../../model/run.ts";
import { isStoreFailure } from "../../store/failure.ts";
import type { RunLook } from "../run/run-looks.ts";

/** How long jobs of a paused run put themselves off; no attempt is burnt by that. */
const PAUSED_MS = 2_000;

/** Whether nothing is left to do for the run. */
export function isOver({ row }: RunLook): boolean {
  return isFinishedRun(row.state);
}

/** What the attempt ends with, or nothing where it is to go on. */
export function heldBack({ row }: RunLook, ctx: JobContext): { readonly control: Control } | undefined {
  // One that is being cancelled will be told so itself.
  if (row.state === "paused" || row.state === "cancelling") return { control: ctx.snooze(PAUSED_MS) };
  return undefined;
}

/** How long a step or a chunk that cannot be looked up puts itself off. */
const STORE_AWAY_MS = 1_000;

/**
 * What is read before any of the user's own code runs; or the attempt's end where the store cannot be reached: that
 * burns none of the attempts that a policy gives this code.
 */
export async function readOrPutOff<T>(
  ctx: JobContext,
  read: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly control: Control }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (ctx.signal.aborted || !isStoreFailure(error)) throw error;
    return { control: ctx.snooze(STORE_AWAY_MS) };
  }
}
