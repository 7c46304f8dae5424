/** Begins a step: asks its condition, cuts it into partitions where it has any, and spawns the jobs of its executions. */
import { PutOffError } from "../../model/put-off.ts";
import { isRetried, policyOf } from "../../model/retry.ts";
import type { StepMark, StepState } from "../../model/step.ts";
import { isStoreFailure } from "../../store/failure.ts";
import type { StepInput } from "../definition.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { planContext } from "../run/run-context.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import { StepFailed, stepErrorOf } from "../run/step-error.ts";
import { newsOf, tell } from "../run/tell.ts";
import { resultsBefore } from "../steps/step-results.ts";
import { isPartitioned, lineUp } from "./partitions.ts";
import { type Move, type Pass, passed } from "./pass.ts";
import { markOf, spawnExecutions } from "./spawn-executions.ts";
import type { Standing } from "./standing.ts";

/** Begins it, or passes it over where its condition, its limit or a failure of its own says so. */
export async function beginStep(pass: Pass, standing: Standing, step: StepDefinition): Promise<Move> {
  try {
    return await begin(pass, standing, step);
  } catch (error) {
    if (pass.ctx.signal.aborted || isStoreFailure(error) || error instanceof PutOffError) throw error;
    const attempt = pass.ctx.attempt - (standing.attempt ?? 1) + 1;
    const isFinal = error instanceof StepFailed || !isRetried(policyOf("default"), { error, attempt });
    if (!isFinal) throw error;
    const failed = stepErrorOf(error);
    const failure = standing.failure ?? { ...failed, step: step.name };
    const detail = detailText({ ...detailOf(pass.look.steps.get(step.name)), error: failed });
    return over(pass, { ...standing, failure }, { step, state: "failed", detail });
  }
}

async function begin(pass: Pass, standing: Standing, step: StepDefinition): Promise<Move> {
  refuseBeyondLimit(pass, step);
  const at = await inputOf(pass, standing, step);
  if (step.when !== undefined && !(await isWanted(step.when(at)))) {
    const { detail = "{}" } = pass.look.steps.get(step.name) ?? {};
    return over(pass, standing, { step, state: "skipped", detail });
  }
  const partitions = isPartitioned(step) ? await lineUp(pass, step, at) : undefined;
  await tell(pass.parts, "beforeStep", { ...newsOf(pass.look.row), step: step.name });
  const begun = { ...standing, jobs: {} };
  if (partitions === undefined) return spawnExecutions(pass, begun, { step, names: [step.name] });
  const row = pass.look.steps.get(step.name);
  const whole = markOf(pass, row, { name: step.name, detail: { partitions } });
  const line = { waiting: [], behind: partitions };
  return spawnExecutions(pass, { ...begun, line }, { step, names: [], whole });
}

function refuseBeyondLimit({ look }: Pass, { name, startLimit }: StepDefinition): void {
  const starts = look.steps.get(name)?.starts ?? 0;
  if (startLimit === undefined || starts < startLimit) return;
  const times = startLimit === 1 ? "once" : `${startLimit} times`;
  const message = `step "${name}" has begun ${times} in this run, which is its startLimit; start a new run`;
  throw new StepFailed({ class: "validation", reason: "start-limit", message });
}

async function inputOf(
  { parts, look, ctx }: Pass,
  { at }: Standing,
  step: StepDefinition,
): Promise<StepInput<unknown, unknown>> {
  const isAsked = step.when !== undefined || step.partitioner !== undefined;
  return {
    input: look.params,
    steps: isAsked ? await resultsBefore(parts, look, at) : {},
    ctx: planContext(parts.definition, look, ctx.signal),
  };
}

async function isWanted(answer: boolean | Promise<boolean>): Promise<boolean> {
  const wanted: unknown = await answer;
  if (typeof wanted === "boolean") return wanted;
  throw new StepFailed({
    class: "validation",
    reason: "bad-condition",
    message: "`when` gives true or false, or a promise of it; it gave something else",
  });
}

/** The step is over without having begun. */
function over(
  { look }: Pass,
  standing: Standing,
  {
    step,
    state,
    detail,
  }: { readonly step: StepDefinition; readonly state: StepState; readonly detail: string },
): Move {
  const starts = look.steps.get(step.name)?.starts ?? 0;
  const mark: StepMark = { run: look.row.id, step: step.name, state, starts, detail };
  return { kind: "on", standing: passed(standing), marks: [mark] };
}
