/** What a step came to whose executions have all ended. */
import type { StepMark, StepRow, StepState } from "../../model/step.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { detailOf } from "../run/step-detail.ts";
import { newsOf, tell } from "../run/tell.ts";
import { type Move, type Pass, passed } from "./pass.ts";
import type { Standing } from "./standing.ts";
import { type Ended, failureOf, wholeOf } from "./whole-step.ts";

/** Goes on behind the step; where it failed, with what fails the run. `rows` and `marks`: those that ended just now. */
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
  const isPartitioned = step.partitioner !== undefined;
  const whole = isPartitioned ? await wholeOf(pass, step, ended) : ended.get(step.name);
  const state: StepState = whole?.state ?? "completed";
  const { error } = detailOf(whole);
  await tell(pass.parts, "afterStep", {
    ...newsOf(pass.look.row),
    ...{ step: step.name, state },
    ...(error === undefined ? {} : { error: error.message }),
  });
  const failure =
    state === "failed" ? (standing.failure ?? { ...failureOf(error), step: step.name }) : standing.failure;
  const own = isPartitioned && whole !== undefined ? [markOfWhole(pass, whole)] : [];
  return {
    kind: "on",
    standing: passed({ ...standing, failure }),
    marks: [...marks, ...own],
    isStale: true,
  };
}

function markOfWhole({ look }: Pass, whole: Ended): StepMark {
  return { ...whole, run: look.row.id, starts: look.steps.get(whole.step)?.starts ?? 1 };
}
