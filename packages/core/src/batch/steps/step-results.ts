/** What steps gave to those after them. */
import { isEndedStep, type StepRow } from "../../model/step.ts";
import { everyPage } from "../../store/every-page.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { known } from "../run/known.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import { shownCounts } from "../run/shown-counts.ts";
import { detailOf } from "../run/step-detail.ts";
import { partName } from "./execution.ts";

/** Partitions and items asked for at once. */
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
    results.set(step.name, await resultOf(store, look, { step, row }));
  }
  return Object.freeze(Object.fromEntries(results));
}

type AtStep = { readonly step: StepDefinition; readonly row: StepRow };

async function resultOf(store: RunParts["store"], look: RunLook, { step, row }: AtStep): Promise<unknown> {
  if (step.partitioner === undefined) return executionResult(store, look, { step, row });
  const results = new Map<string, unknown>();
  const names = (detailOf(row).partitions ?? []).map(([part]) => part);
  for (let at = 0; at < names.length; at += PAGE) {
    const parts = names.slice(at, at + PAGE);
    const steps = parts.map((part) => partName(step.name, part));
    const { rows } = await store.steps({ run: row.run, steps }, { limit: PAGE });
    const byName = new Map(rows.map((each) => [each.step, each]));
    for (const part of parts) {
      const own = byName.get(partName(step.name, part));
      if (own !== undefined) results.set(part, await executionResult(store, look, { step, row: own }));
    }
  }
  return Object.fromEntries(results);
}

async function executionResult(
  store: RunParts["store"],
  look: RunLook,
  { step, row }: AtStep,
): Promise<unknown> {
  if (step.work.kind === "task") return detailOf(row).result;
  if (step.work.chunks.keepsOutputs) return outputs(store, row);
  return shownCounts(look.row.counters[row.step] ?? {});
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
