/** The coordinator of a run: begins its steps in order, sleeps until their jobs have ended, and ends the run. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import type { RunId } from "../../model/ids.ts";
import { isFinishedRun } from "../../model/run.ts";
import { isEndedStep, type StepMark } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { BadParams } from "../run/params.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { stepErrorOf } from "../run/step-error.ts";
import { newsOf, tell } from "../run/tell.ts";
import { type RunPayload, runOf } from "../run-jobs.ts";
import { beginStep } from "./begin-step.ts";
import { endRun, tellEnd } from "./end-run.ts";
import { endedExecutions } from "./ended-executions.ts";
import { misfit } from "./fitting.ts";
import { LOOK_AGAIN_MS, type Move, type Pass, passed } from "./pass.ts";
import { type Standing, standingOf } from "./standing.ts";

/**
 * One attempt. Spawned step jobs, their steps' marks and the checkpoint commit together with the attempt's end, so each
 * execution begins exactly once. Trouble with the store fails the attempt only, however often.
 */
export async function coordinate(parts: RunParts, payload: RunPayload, ctx: JobContext): Promise<unknown> {
  const { look, badParams } = await lookAt(parts, runOf(ctx.job));
  // An attempt whose last answer was lost may come back to a run that has ended, or has a new coordinator.
  if (look.row.coordinator !== ctx.job.id) return undefined;
  if (isFinishedRun(look.row.state)) return tellEnd(parts, look.row);
  if (look.row.state === "cancelling") return cancelItself(parts, ctx);
  if (look.row.state === "paused") return ctx.snooze(LOOK_AGAIN_MS);
  const pass: Pass = { parts, ctx, look, payload, marks: [] };
  if (badParams !== undefined) return endRun(pass, { at: 0, failure: stepErrorOf(badParams) });
  const standing = standingOf(parts.definition, ctx.checkpoint);
  if (ctx.checkpoint !== undefined) return drive(pass, standing);
  await tell(parts, "beforeRun", newsOf(look.row));
  const failure = look.row.restarts === 0 ? undefined : await misfit(parts, look);
  return failure === undefined ? drive(pass, standing) : endRun(pass, { ...standing, failure });
}

/** The run; without parameters and steps where its parameters are refused, for which it fails. */
async function lookAt(
  { looks }: RunParts,
  run: RunId,
): Promise<{ readonly look: RunLook; readonly badParams?: BadParams }> {
  try {
    return { look: await looks.fresh(run) };
  } catch (error) {
    if (!(error instanceof BadParams)) throw error;
    return { look: { row: await looks.row(run), params: undefined, steps: new Map() }, badParams: error };
  }
}

/** Whoever cancelled the run may have gone away before the coordinator's job was cancelled too. */
async function cancelItself({ store }: RunParts, ctx: JobContext): Promise<Control> {
  await store.cancel([ctx.job.id], { reason: "its run was cancelled" });
  return ctx.snooze(LOOK_AGAIN_MS);
}

async function drive(begun: Pass, from: Standing): Promise<unknown> {
  let pass = begun;
  let standing = from;
  for (;;) {
    const step = pass.parts.definition.steps[standing.at];
    if (step === undefined) return endRun(pass, standing);
    const { jobs } = standing;
    const move = await (jobs === undefined
      ? nextStep(pass, standing, step)
      : endedExecutions(pass, { ...standing, jobs }, step));
    if (move.kind === "end") return move.control;
    pass = marked(move.isStale === true ? await lookedAgain(pass) : pass, move.marks);
    standing = move.standing;
  }
}

async function nextStep(pass: Pass, standing: Standing, step: StepDefinition): Promise<Move> {
  if (isToRun(pass, standing, step)) return beginStep(pass, standing, step);
  return { kind: "on", standing: passed(standing), marks: [] };
}

/** Whether the step begins: not where it is done, nor after a failure; one that always runs does in either case. */
function isToRun({ look, payload }: Pass, { failure }: Standing, step: StepDefinition): boolean {
  if (step.alwaysRun) return true;
  if (failure !== undefined) return false;
  const state = look.steps.get(step.name)?.state ?? "pending";
  return state === "partial" ? payload.only === "failed" : !isDone(state);
}

function isDone(state: StepMark["state"]): boolean {
  return isEndedStep(state) && state !== "failed" && state !== "cancelled";
}

/** What executions that have ended since have left. */
async function lookedAgain(pass: Pass): Promise<Pass> {
  const look = await pass.parts.looks.fresh(pass.look.row.id);
  return { ...marked({ ...pass, look }, pass.marks), marks: pass.marks };
}

/** The pass with marks, which what comes after them in it sees. */
function marked(pass: Pass, marks: readonly StepMark[]): Pass {
  if (marks.length === 0) return pass;
  const steps = new Map(pass.look.steps);
  for (const mark of marks) {
    steps.set(mark.step, { ...steps.get(mark.step), ...mark, updatedAtMs: pass.look.row.updatedAtMs });
  }
  return { ...pass, look: { ...pass.look, steps }, marks: [...pass.marks, ...marks] };
}
