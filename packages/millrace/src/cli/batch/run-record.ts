/** Runs as commands show them. */
import { type RunRow, type StepRecord, shownCounters } from "@millrace/core";
import type { Column } from "../table.ts";
import { count, localTime } from "../words.ts";

/** A run with its steps, as data too. */
export interface ShownRun {
  readonly row: RunRow;
  readonly steps: readonly StepRecord[];
  readonly record: Readonly<Record<string, unknown>>;
}

/** A run with its steps. */
export function runOnDisplay(row: RunRow, steps: readonly StepRecord[]): ShownRun {
  return { row, steps, record: { ...runRecord(row), executions: steps } };
}

/** A run as data: instants in ISO 8601, JSON texts decoded. */
export function runRecord(run: RunRow): Readonly<Record<string, unknown>> {
  const { id, definition, instance, tenant, queue, priority, state, restarts, coordinator, counters } = run;
  return {
    id,
    definition,
    instance,
    tenant,
    queue,
    priority,
    state,
    restarts,
    version: run.version ?? null,
    submittedBy: run.submittedBy ?? null,
    correlationId: run.correlationId ?? null,
    params: decoded(run.params),
    coordinator,
    createdAt: new Date(run.createdAtMs).toISOString(),
    finishedAt: run.finishedAtMs === undefined ? null : new Date(run.finishedAtMs).toISOString(),
    result: decoded(run.result),
    error: decoded(run.error),
    steps: Object.fromEntries(
      Object.entries(counters).map(([step, counts]) => [step, shownCounters(counts)]),
    ),
  };
}

/** Columns of a list of runs. */
export const RUN_COLUMNS: readonly Column<RunRow>[] = [
  { title: "run", cell: ({ id }) => id },
  { title: "batch", cell: ({ definition }) => definition },
  { title: "state", cell: ({ state }) => state },
  { title: "items", align: "right", cell: (run) => count(sumOf(run, ["read"])) },
  { title: "done", align: "right", cell: (run) => count(sumOf(run, ["done", "filtered", "skipped"])) },
  { title: "failed", align: "right", cell: (run) => count(sumOf(run, ["failed"])) },
  { title: "not begun", align: "right", cell: (run) => count(sumOf(run, ["not-begun"])) },
  { title: "started", cell: ({ createdAtMs }) => localTime(createdAtMs) },
];

/** A run in full, for people. */
export function runLines({ row: run, steps: executions }: ShownRun): readonly string[] {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["run", run.id],
    ["batch", run.definition],
    ["version", run.version],
    ["state", run.state],
    ["queue", run.queue],
    ["params", run.params],
    ["submitted", run.submittedBy],
    ["restarts", run.restarts === 0 ? undefined : count(run.restarts)],
    ["started", localTime(run.createdAtMs)],
    ["finished", run.finishedAtMs === undefined ? undefined : localTime(run.finishedAtMs)],
    ["result", run.result],
    ["error", run.error],
  ];
  const shown = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)}${value}`]));
  return [...shown, ...executions.map((step) => stepLine(step, run))];
}

function stepLine({ name, state, starts, error, version }: StepRecord, run: RunRow): string {
  const counters = Object.entries(shownCounters(run.counters[name] ?? {}));
  const words = counters.map(([counter, value]) => `${counter} ${count(value)}`);
  const other = starts === 0 || version === run.version ? [] : [`by version ${version ?? "unnamed"}`];
  const begun = starts > 1 ? [`begun ${count(starts)} times`] : [];
  const failure = error === undefined ? [] : [`${error.class}: ${error.message}`];
  return `step ${name}: ${[state, ...other, ...begun, ...words, ...failure].join(", ")}`;
}

function sumOf(run: RunRow, names: readonly string[]): number {
  const steps = Object.values(run.counters);
  return steps.reduce((sum, step) => sum + names.reduce((inner, name) => inner + (step[name] ?? 0), 0), 0);
}

/** Runs keep JSON as text; one that is none is shown as it is. */
function decoded(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
