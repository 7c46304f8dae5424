/** Figures of trials: how soon new work started, and where the kills fell. */
import type { Place } from "./place.ts";
import { activeRun, type Cut, type Trial } from "./trial.ts";

/**
 * From the start of each process that had a killed one's work to go on with, to its first ledger row; how long it
 * lived where it wrote none. `total` files are read in the run.
 */
export function firstWorkTimes(cuts: readonly Cut[], total: number): readonly number[] {
  return cuts
    .filter(({ before }) => (activeRun(before)?.ledger.size ?? total) < total)
    .map(({ firstRowMs, livedMs }) => firstRowMs ?? livedMs);
}

/** A few lines for people. */
export function summaryOf(place: Place, trials: readonly Trial[]): string {
  const killed = trials.flatMap(({ cuts }) => cuts.slice(0, -1));
  const phases = new Map<string, number>();
  for (const cut of killed) phases.set(phaseOf(cut), (phases.get(phaseOf(cut)) ?? 0) + 1);
  const all = trials.flatMap(({ cuts }) => cuts);
  const started = all
    .flatMap((cut) => (activeRun(cut.before) ? (cut.firstRowMs ?? []) : []))
    .sort((a, b) => a - b);
  const [median, longest] = [started[Math.floor(started.length / 2)], started.at(-1)];
  return [
    `${place.name}: ${killed.length} kills in ${trials.length} trials`,
    [...phases].map(([phase, count]) => `${phase} ${count}`).join(", "),
    `first new row: ${started.length} times, median ${median?.toFixed(0)} ms, longest ${longest?.toFixed(0)} ms`,
    `kills with extraction children: ${killed.filter(({ family }) => family > 1).length}\n`,
  ].join("; ");
}

function phaseOf({ before, after, firstRowMs }: Cut): string {
  const run = after.runs.at(-1);
  if (run === undefined) return "before the run";
  if (run.state !== "running") return "after the run's end";
  if (firstRowMs !== undefined) return "between rows";
  return before.runs.length === 0 ? "before the first row" : "restarting";
}
