/** What a step came to whose executions have all ended. */
import type { Json } from "../../model/json.ts";
import type { StepMark, StepRow, StepState } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf, detailText } from "../run/step-detail.ts";
import type { StepError } from "../run/step-error.ts";
import { newsOf, tell } from "../run/tell.ts";
import { partName } from "../steps/execution.ts";
import { type Move, type Pass, passed } from "./pass.ts";
import type { Standing } from "./standing.ts";

type Ended = Pick<StepRow, "step" | "state" | "detail">;

/** Goes on behind the step; where it failed, with what fails the run. */
export async function endedStep(
  pass: Pass,
  standing: Standing,
  {
    step,
    rows,
    marks,
  }: {
    readonly step: StepDefinition;
    readonly rows: ReadonlyMap<string, StepRow>;
    readonly marks: readonly StepMark[];
  },
): Promise<Move> {
  const ended = new Map<string, Ended>([...rows, ...marks.map((mark) => [mark.step, mark] as const)]);
  const whole =
    step.partitioner === undefined ? ended.get(step.name) : await wholeOf(pass, step, ended);
  const state: StepState = whole?.state ?? "completed";
  const { error } = detailOf(whole);
  await tell(pass.parts, "afterStep", {
    ...newsOf(pass.look.row),
    ...{ step: step.name, state },
    ...(error === undefined ? {} : { error: error.message }),
  });
  const failure = state === "failed" ? (standing.failure ?? { ...failureOf(error), step: step.name }) : standing.failure;
  const all = step.partitioner === undefined ? [...rows.values(), ...marks] : [...marks, whole as StepMark];
  return { kind: "on", standing: passed({ ...standing, failure }), marks: all };
}

function failureOf(error: StepError | undefined): StepError {
  return error ?? { class: "processing", message: "the step failed" };
}

const PAGE = 1_000;

/** A partitioned step is what its partitions are: failed where one is, else partial where one is. */
async function wholeOf(
  { parts, look }: Pass,
  step: StepDefinition,
  ended: ReadonlyMap<string, Ended>,
): Promise<StepMark> {
  const row = look.steps.get(step.name);
  const detail = detailOf(row);
  const names = (detail.partitions ?? []).map(([part]) => partName(step.name, part));
  const failed: Ended[] = [];
  const run = new Map<string, Json>();
  let isPartial = false;
  for (let at = 0; at < names.length; at += PAGE) {
    const steps = names.slice(at, at + PAGE);
    const { rows } = await parts.store.steps({ run: look.row.id, steps }, { limit: PAGE });
    const stored = new Map<string, Ended>(rows.map((each) => [each.step, each]));
    for (const name of steps) {
      const each = ended.get(name) ?? stored.get(name);
      if (each === undefined) continue;
      if (each.state === "failed" || each.state === "cancelled") failed.push(each);
      if (each.state === "partial") isPartial = true;
      for (const [key, value] of Object.entries(detailOf(each).run ?? {})) run.set(key, value);
    }
  }
  const error = errorOf(failed, names.length);
  return {
    run: look.row.id,
    step: step.name,
    state: error !== undefined ? "failed" : isPartial ? "partial" : "completed",
    starts: row?.starts ?? 1,
    detail: detailText({ ...detail, run: Object.fromEntries(run), error }),
  };
}

function errorOf(failed: readonly Ended[], of: number): StepError | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  const error = failureOf(detailOf(first).error);
  const which = `${failed.length} of ${of} partitions failed`;
  return { ...error, message: `${which}; ${first.step}: ${error.message}` };
}
