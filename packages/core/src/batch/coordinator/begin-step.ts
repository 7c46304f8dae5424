/** Begins a step: asks its condition, cuts it into partitions where it has any, and spawns the jobs of its executions. */
import { encodeJson, type Json } from "../../model/json.ts";
import { isRetried, policyOf } from "../../model/retry.ts";
import type { StepMark } from "../../model/step.ts";
import { isStoreFailure } from "../../store/failure.ts";
import type { Partitioner, StepDefinition } from "../pipeline/step-definition.ts";
import { planContext } from "../run/run-context.ts";
import { detailOf, detailText, type StepDetail } from "../run/step-detail.ts";
import { StepFailed, stepErrorOf } from "../run/step-error.ts";
import { newsOf, tell } from "../run/tell.ts";
import { partName } from "../steps/execution.ts";
import { resultsBefore } from "../steps/step-results.ts";
import { type Move, type Pass, passed } from "./pass.ts";
import { markOf, spawnExecutions } from "./spawn-executions.ts";
import type { Standing } from "./standing.ts";

/** Begins it, or passes it over where its condition, its limit or a failure of its own says so. */
export async function beginStep(pass: Pass, standing: Standing, step: StepDefinition): Promise<Move> {
  try {
    refuseBeyondLimit(pass, step);
    const at = await inputOf(pass, standing, step);
    if (step.when !== undefined && !(await isWanted(step.when(at)))) return skipped(pass, standing, step);
    const partitions = step.partitioner && (await partitionsOf(pass, step, step.partitioner, at));
    return await spawnStep(pass, standing, step, partitions);
  } catch (error) {
    if (pass.ctx.signal.aborted || isStoreFailure(error)) throw error;
    const attempt = pass.ctx.attempt - (standing.attempt ?? 1) + 1;
    const isFinal = error instanceof StepFailed || !isRetried(policyOf("default"), { error, attempt });
    if (!isFinal) throw error;
    return failed(pass, standing, step, error);
  }
}

function refuseBeyondLimit({ look }: Pass, { name, startLimit }: StepDefinition): void {
  const starts = look.steps.get(name)?.starts ?? 0;
  if (startLimit === undefined || starts < startLimit) return;
  const times = startLimit === 1 ? "once" : `${startLimit} times`;
  const message = `step "${name}" has begun ${times} in this run, which is its startLimit; start a new run`;
  throw new StepFailed({ class: "validation", reason: "start-limit", message });
}

async function inputOf({ parts, look, ctx }: Pass, { at }: Standing, step: StepDefinition) {
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

const MAX_PARTITIONS = 10_000;

/** What an earlier start of the step has cut is kept: its partitions are what a restart goes on with. */
async function partitionsOf(
  { look }: Pass,
  step: StepDefinition,
  { partitions }: Partitioner,
  at: Parameters<Partitioner["partitions"]>[0],
): Promise<NonNullable<StepDetail["partitions"]>> {
  const kept = detailOf(look.steps.get(step.name)).partitions;
  if (kept !== undefined) return kept;
  const given = await partitions(at);
  const entries = given instanceof Map ? [...given] : Object.entries(given);
  const bad = entries.find(([name]) => typeof name !== "string" || name === "" || name.includes("/"));
  if (bad !== undefined || entries.length > MAX_PARTITIONS) {
    const message =
      bad === undefined
        ? `step "${step.name}" has ${entries.length} partitions; ${MAX_PARTITIONS} are the most`
        : `step "${step.name}" has a partition named "${String(bad[0])}"; names are text without a slash`;
    throw new StepFailed({ class: "validation", reason: "bad-partitions", message });
  }
  const text = encodeJson(entries, `partitions of step "${step.name}"`);
  return JSON.parse(text) as readonly (readonly [string, Json])[]; // what encodeJson wrote
}

async function spawnStep(
  pass: Pass,
  standing: Standing,
  step: StepDefinition,
  partitions: StepDetail["partitions"],
): Promise<Move> {
  const { parts, look } = pass;
  await tell(parts, "beforeStep", { ...newsOf(look.row), step: step.name });
  if (partitions === undefined) return spawnExecutions(pass, { ...standing, jobs: {} }, { step, names: [step.name] });
  const whole = markOf(pass, look.steps.get(step.name), { name: step.name, detail: { partitions } });
  const waiting = await unfinished(pass, step, partitions);
  return spawnExecutions(pass, { ...standing, jobs: {}, waiting }, { step, names: [], whole });
}

/** The partitions that have not completed in an earlier start. */
async function unfinished(
  { parts, look, payload }: Pass,
  step: StepDefinition,
  partitions: NonNullable<StepDetail["partitions"]>,
): Promise<readonly string[]> {
  const names = partitions.map(([part]) => partName(step.name, part));
  if (!look.steps.has(step.name)) return names;
  const isAgain = step.alwaysRun && look.steps.get(step.name)?.state === "completed";
  const states = payload.only === "failed" ? (["completed"] as const) : (["completed", "partial"] as const);
  const done = new Set<string>();
  for (let at = 0; at < names.length && !isAgain; at += MAX_PARTITIONS / 10) {
    const steps = names.slice(at, at + MAX_PARTITIONS / 10);
    const page = await parts.store.steps({ run: look.row.id, steps, states }, { limit: steps.length });
    for (const row of page.rows) done.add(row.step);
  }
  return names.filter((name) => !done.has(name));
}

function skipped(pass: Pass, standing: Standing, step: StepDefinition): Move {
  const { starts = 0, detail = "{}" } = pass.look.steps.get(step.name) ?? {};
  const mark: StepMark = { run: pass.look.row.id, step: step.name, state: "skipped", starts, detail };
  return { kind: "on", standing: passed(standing), marks: [mark] };
}

function failed(pass: Pass, standing: Standing, step: StepDefinition, thrown: unknown): Move {
  const error = stepErrorOf(thrown);
  const row = pass.look.steps.get(step.name);
  const mark: StepMark = {
    run: pass.look.row.id,
    step: step.name,
    state: "failed",
    starts: row?.starts ?? 0,
    detail: detailText({ ...detailOf(row), error }),
  };
  const failure = standing.failure ?? { ...error, step: step.name };
  return { kind: "on", standing: passed({ ...standing, failure }), marks: [mark] };
}
