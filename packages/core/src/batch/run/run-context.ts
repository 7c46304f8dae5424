/** The run's context, and what conditions and partitioners are given of it. */
import type { RunId } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import { isEndedStep } from "../../model/step.ts";
import type { PlanContext, RunContext } from "../contexts.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { RunLook } from "./run-looks.ts";
import { detailOf } from "./step-detail.ts";
import { type StoredValues, Values } from "./values.ts";

/** What ended steps have set, in the order of their definition. */
function runValues({ steps }: PipelineDefinition, look: RunLook): StoredValues {
  const values = new Map<string, Json>();
  for (const { name } of steps) {
    const row = look.steps.get(name);
    if (row === undefined || !isEndedStep(row.state)) continue;
    for (const [key, value] of Object.entries(detailOf(row).run ?? {})) values.set(key, value);
  }
  return Object.fromEntries(values);
}

/** The run as functions of its steps see it; `set`: what this execution has set before. */
export function runContext(
  definition: PipelineDefinition,
  look: RunLook,
  set?: StoredValues,
): { readonly values: Values; readonly context: RunContext } {
  const values = new Values("run context", runValues(definition, look), set);
  return { values, context: { ...identity(look), get: values.get, set: values.set } };
}

/** The `ctx` of conditions, partitioners and the sources of fan-outs. */
export function planContext(
  definition: PipelineDefinition,
  look: RunLook,
  signal: AbortSignal,
): PlanContext<unknown> {
  const { get } = new Values("run context", runValues(definition, look));
  return { params: look.params, signal, run: { ...identity(look), get } };
}

function identity({ row }: RunLook): { readonly id: RunId; readonly tenant: string } {
  return { id: row.id, tenant: row.tenant };
}
