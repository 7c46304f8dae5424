/** Ends a run behind its last step, and tells of it. */
import { isFinishedRun, type RunState } from "../../model/run.ts";
import type { UncountedRun } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { detailOf } from "../run/step-detail.ts";
import { newsOf, tell } from "../run/tell.ts";
import { LOOK_AGAIN_MS, type Pass } from "./pass.ts";
import type { Standing } from "./standing.ts";

/** Moves the run to its end; one that was paused or cancelled meanwhile waits for what becomes of that. */
export async function endRun(pass: Pass, { failure }: Standing): Promise<unknown> {
  const { parts, ctx, look, marks } = pass;
  const run = look.row.id;
  if (marks.length > 0) await ctx.save({ marks });
  const answer = await parts.store.moveRun({
    run,
    from: ["starting", "running"],
    to: failure === undefined ? stateOf(pass) : "failed",
    holder: { id: ctx.job.id, token: ctx.fence },
    result: failure === undefined ? JSON.stringify(resultOf(pass)) : undefined,
    error: failure && JSON.stringify(failure),
  });
  if (answer === "fenced") return undefined; // what a fenced attempt gives is not kept
  const row = await parts.looks.row(run);
  return isFinishedRun(row.state) ? tellEnd(parts, row) : ctx.snooze(LOOK_AGAIN_MS);
}

function stateOf({ parts, look }: Pass): RunState {
  const isPartial = parts.definition.steps.some(({ name }) => look.steps.get(name)?.state === "partial");
  return isPartial ? "partial" : "completed";
}

/** What the last step gave, where that is a task and was not skipped. */
function resultOf({ parts, look }: Pass): unknown {
  const step = parts.definition.steps.at(-1);
  if (step === undefined || step.work.kind !== "task") return {};
  return detailOf(look.steps.get(step.name)).result ?? {};
}

/** Tells the listeners that the run has ended; gives its result. */
export async function tellEnd(parts: RunParts, row: UncountedRun): Promise<unknown> {
  const error = row.error === undefined ? undefined : messageOf(row.error);
  await tell(parts, "afterRun", {
    ...newsOf(row),
    state: row.state,
    ...(error === undefined ? {} : { error }),
  });
  return JSON.parse(row.result ?? "{}");
}

function messageOf(error: string): string {
  return (JSON.parse(error) as { readonly message: string }).message; // what endRun or a store wrote
}
