/** What a step came to whose executions have all ended. */
import type { StepMark } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import { detailOf } from "../run/step-detail.ts";
import { newsOf, tell } from "../run/tell.ts";
import { type Move, type Pass, passed } from "./pass.ts";
import type { Standing } from "./standing.ts";
import { failureOf, wholeOf } from "./whole-step.ts";

/** What its executions came to that ended just now; `marks`: those of them that nobody has written yet. */
interface EndedStep {
  readonly step: StepDefinition;
  readonly ended: ReadonlyMap<string, StepMark>;
  readonly marks: readonly StepMark[];
}

/** Goes on behind the step; where it failed, with what fails the run. */
export async function endedStep(
  pass: Pass,
  standing: Standing,
  { step, ended, marks }: EndedStep,
): Promise<Move> {
  const isPartitioned = step.partitioner !== undefined;
  const whole = isPartitioned
    ? await wholeOf(pass, step, ended)
    : known(ended.get(step.name), `step "${step.name}" was begun in partitions`);
  const { state } = whole;
  const { error } = detailOf(whole);
  await tell(pass.parts, "afterStep", {
    ...newsOf(pass.look.row),
    ...{ step: step.name, state },
    ...(error === undefined ? {} : { error: error.message }),
  });
  const failure =
    state === "failed" ? (standing.failure ?? { ...failureOf(whole), step: step.name }) : standing.failure;
  return {
    kind: "on",
    standing: passed({ ...standing, failure }),
    marks: isPartitioned ? [...marks, whole] : marks,
    isStale: true,
  };
}
