/** What steps gave to those after them. */
import { isEndedStep, type StepRow, stepScope } from "../../model/step.ts";
import { everyPage } from "../../store/every-page.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { shownCounts } from "../run/shown-counts.ts";
import { detailOf } from "../run/step-detail.ts";
import { partitionRows } from "./partition-rows.ts";

/** Items asked for at once. */
const PAGE = 1_000;

/** Results of the steps before this one, by name; a step that was skipped, or has not ended, has none. */
export async function resultsBefore(
  { definition, store }: Pick<RunParts, "definition" | "store">,
  look: RunLook,
  index: number,
): Promise<Readonly<Record<string, unknown>>> {
  const results = new Map<string, unknown>();
  for (const step of definition.steps.slice(0, index)) {
    const row = look.steps.get(step.name);
    if (row === undefined || !isEndedStep(row.state) || row.state === "skipped") continue;
    results.set(step.name, await resultOf(store, { step, row }));
  }
  return Object.freeze(Object.fromEntries(results));
}

type AtStep = { readonly step: StepDefinition; readonly row: StepRow };

async function resultOf(store: RunParts["store"], { step, row }: AtStep): Promise<unknown> {
  if (step.partitioner === undefined) return (await executionResults(store, step, [row]))[0];
  const results: { readonly at: number; readonly entry: readonly [string, unknown] }[] = [];
  for await (const page of partitionRows(store, { run: row.run, step: step.name })) {
    const begun = page.filter((each) => each.row.starts > 0);
    const rows = begun.map((each) => each.row);
    const own = await executionResults(store, step, rows);
    results.push(...begun.map(({ at, part }, index) => ({ at, entry: [part, own[index]] as const })));
  }
  return Object.fromEntries(results.toSorted((a, b) => a.at - b.at).map(({ entry }) => entry));
}

/** Results of executions of one step, in their order. */
async function executionResults(
  store: RunParts["store"],
  { work }: StepDefinition,
  rows: readonly StepRow[],
): Promise<readonly unknown[]> {
  if (work.kind === "task") return rows.map((row) => detailOf(row).result);
  if (work.chunks.keepsOutputs) {
    const all: unknown[] = [];
    for (const row of rows) all.push(await outputs(store, row));
    return all;
  }
  const counters = await store.counters(rows.map(stepScope));
  return rows.map((row) => shownCounts(counters[stepScope(row)] ?? {}));
}

/** In the order of their keys, which is that of the array. */
async function outputs(store: RunParts["store"], { run, step }: StepRow): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  const filter = { run, step, states: ["done"] } as const;
  for await (const rows of everyPage(PAGE, (page) => store.items(filter, page)))
    for (const { key, output } of rows)
      all.push(JSON.parse(known(output, `item ${key} of "${step}" has ended without an output`)));
  return all;
}
