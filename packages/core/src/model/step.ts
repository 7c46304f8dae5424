/** What a step of a run is, and how far it has come. */
import type { RunId } from "./ids.ts";

/** Every state a step can be in. */
export const STEP_STATES = [
  "pending",
  "running",
  "completed",
  "partial",
  "failed",
  "skipped",
  "cancelled",
] as const;
export type StepState = (typeof STEP_STATES)[number];

/** Whether a step in this state is over, until it begins again. */
export function isEndedStep(state: StepState): boolean {
  return state !== "pending" && state !== "running";
}

/** A step of a run: whose ledger, counters and row a write belongs to. */
export interface StepRef {
  readonly run: RunId;
  /** Of a partition, the step's name, a slash and the partition's. */
  readonly step: string;
}

/** The scope of a step's counters. */
export function stepScope({ run, step }: StepRef): string {
  return `${runScopes(run)}${step}`;
}

/** What the scopes of all steps of a run begin with. */
export function runScopes(run: RunId): string {
  return `step:${run}:`;
}

/** How far a step is, in the place of what was said of it before. */
export interface StepMark extends StepRef {
  readonly state: StepState;
  /** Executions begun so far. */
  readonly starts: number;
  /** Text that stores keep and never read. */
  readonly detail: string;
}

/** A step as a store shows it. Times are the store's, in ms. */
export interface StepRow extends StepMark {
  /** When this execution (this many `starts`) was first said to be running; left out where it never was. */
  readonly startedAtMs?: number | undefined;
  /** When its end was marked; only of steps that are over. */
  readonly finishedAtMs?: number | undefined;
  readonly updatedAtMs: number;
}

/** The row that a mark leaves, in the place of an earlier one. */
export function markedStep(earlier: StepRow | undefined, mark: StepMark, nowMs: number): StepRow {
  const { run, step, state, starts, detail } = mark;
  const begun = earlier?.starts === starts ? earlier.startedAtMs : undefined;
  const startedAtMs = begun ?? (state === "running" ? nowMs : undefined);
  return {
    ...{ run, step, state, starts, detail, updatedAtMs: nowMs },
    ...(startedAtMs !== undefined && { startedAtMs }),
    ...(isEndedStep(state) && { finishedAtMs: nowMs }),
  };
}

/** What becomes of a step whose run is ended from outside; `undefined` where it stays as it is. */
export function strandedState(state: StepState, run: "cancelled" | "failed"): StepState | undefined {
  if (state === "running") return run;
  return state === "pending" && run === "cancelled" ? "cancelled" : undefined;
}
