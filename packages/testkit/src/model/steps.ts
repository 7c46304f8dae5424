/** The reference model's steps: the rows that marks leave. */
import type { HolderWrite, RunId, StepFilter, StepMark, StepRow, StepState } from "@millrace/core";
import type { ModelState } from "./state.ts";

/** Puts what a holder marks in the place of what was said before, mark by mark. */
export function markSteps(state: ModelState, { marks = [] }: HolderWrite): ModelState {
  return marks.reduce(markStep, state);
}

/** The steps of a run that nobody drives any more: none is left running, and of a cancelled run none pending. */
export function strandSteps(state: ModelState, run: RunId, to: "cancelled" | "failed"): ModelState {
  const ends: readonly StepState[] = to === "cancelled" ? ["running", "pending"] : ["running"];
  return state.steps
    .filter((step) => step.run === run && ends.includes(step.state))
    .reduce((before, step) => markStep(before, { ...step, state: to }), state);
}

/** A run's steps, in byte order of their names. */
export function stepsOf(state: ModelState, filter: StepFilter): readonly StepRow[] {
  return state.steps
    .filter(({ run }) => run === filter.run)
    .filter((row) => filter.states === undefined || filter.states.includes(row.state))
    .filter((row) => filter.steps === undefined || filter.steps.includes(row.step))
    .sort((left, right) => Buffer.compare(Buffer.from(left.step), Buffer.from(right.step)));
}

function markStep(state: ModelState, { run, step, state: to, starts, detail }: StepMark): ModelState {
  const isOther = (row: StepRow) => row.run !== run || row.step !== step;
  const earlier = state.steps.find((row) => !isOther(row) && row.starts === starts);
  const began = earlier?.startedAtMs ?? (to === "running" ? state.nowMs : undefined);
  const isOver = to !== "pending" && to !== "running";
  const row: StepRow = {
    ...{ run, step, state: to, starts, detail, updatedAtMs: state.nowMs },
    ...(began === undefined ? {} : { startedAtMs: began }),
    ...(isOver ? { finishedAtMs: state.nowMs } : {}),
  };
  return { ...state, steps: [...state.steps.filter(isOther), row] };
}
