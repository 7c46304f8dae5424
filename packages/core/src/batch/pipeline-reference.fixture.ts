/** What a program without an engine would come to with the steps of a random pipeline. */
import type { RunState } from "../model/run.ts";
import type { StepState } from "../model/step.ts";
import type { RandomStep } from "./random-pipeline.fixture.ts";

/** What a program without an engine would come to: the steps one after the other, life by life. */
export class PipelineReference {
  readonly #steps: readonly RandomStep[];
  readonly #states: (StepState | undefined)[];
  /** Of steps with parts or items: those that have not ended well. */
  readonly #left: readonly Set<number>[];

  constructor(steps: readonly RandomStep[]) {
    this.#steps = steps;
    this.#states = steps.map(() => undefined);
    this.#left = steps.map((its) => new Set(unitsOf(its).keys()));
  }

  /** States of the steps that have begun, in order. */
  get begun(): readonly StepState[] {
    return this.#states.filter((state) => state !== undefined);
  }

  /** The state in which a life of the run ends that nobody cancels; `before` is that of the one before. */
  live(life: number, before: RunState | undefined): RunState {
    for (const at of this.#steps.keys()) {
      const state = this.#states[at];
      if (state === "completed" || (state === "partial" && before === "failed")) continue;
      if (this.#execute(at, life) === "failed") return "failed";
    }
    return this.#states.includes("partial") ? "partial" : "completed";
  }

  #execute(at: number, life: number): StepState {
    const its = this.#steps[at] as RandomStep; // one of its steps
    const left = this.#left[at] ?? new Set<number>();
    for (const unit of left) if (life > (unitsOf(its)[unit] ?? 0)) left.delete(unit);
    const state = left.size === 0 ? "completed" : its.kind === "items" ? "partial" : "failed";
    this.#states[at] = state;
    return state;
  }
}

function unitsOf(its: RandomStep): readonly number[] {
  if (its.kind === "task") return [its.mends];
  return its.kind === "parts" ? its.parts : its.items;
}

/** Everything the steps make, each once. */
export function effectsOf(steps: readonly RandomStep[]): readonly string[] {
  return steps.flatMap((its, at) => {
    if (its.kind === "task") return [`s${at}`];
    const sign = its.kind === "parts" ? "/p" : ":";
    return unitsOf(its).map((_, n) => `s${at}${sign}${n}`);
  });
}
