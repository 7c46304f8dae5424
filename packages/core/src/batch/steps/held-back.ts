/** Whether the job of a step or chunk is to do its work now: not while its run is paused, nor once it is over. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import { isFinishedRun } from "../../model/run.ts";
import type { RunLook } from "../run/run-looks.ts";

/** How long jobs of a paused run put themselves off; no attempt is burnt by that. */
const PAUSED_MS = 2_000;

/** What the attempt ends with, or nothing where it is to go on. */
export function heldBack({ row }: RunLook, ctx: JobContext): { readonly control: Control } | undefined {
  if (isFinishedRun(row.state)) return { control: ctx.complete(undefined) };
  // One that is being cancelled will be told so itself.
  if (row.state === "paused" || row.state === "cancelling") return { control: ctx.snooze(PAUSED_MS) };
  return undefined;
}
