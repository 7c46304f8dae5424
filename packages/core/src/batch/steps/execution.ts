/** One execution of a step: of the whole of it, or of one of its partitions. */
import type { Partition } from "../contexts.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { StepDefinition } from "../pipeline/step-definition.ts";
import { elsewhere } from "../run/elsewhere.ts";
import { known } from "../run/known.ts";
import type { RunLook } from "../run/run-looks.ts";
import { detailOf } from "../run/step-detail.ts";

/** A step that is executed. */
export interface Execution {
  /** `step`, or `step/partition`. */
  readonly name: string;
  readonly step: StepDefinition;
  /** The step's place in the pipeline. */
  readonly index: number;
  /** The partition's name. */
  readonly part: string | undefined;
}

const SEPARATOR = "/";

/** The name of a partition's execution. */
export function partName(step: string, part: string): string {
  return `${step}${SEPARATOR}${part}`;
}

/** The step an execution is of. */
export function stepOfExecution(name: string): string {
  const at = name.indexOf(SEPARATOR);
  return at < 0 ? name : name.slice(0, at);
}

/** The execution of this name. @throws PutOffError for a step this program does not have: another one may. */
export function executionOf(definition: PipelineDefinition, name: string): Execution {
  const at = name.indexOf(SEPARATOR);
  const own = stepOfExecution(name);
  const index = definition.steps.findIndex((step) => step.name === own);
  const step = definition.steps[index];
  if (step !== undefined) return { name, step, index, part: at < 0 ? undefined : name.slice(at + 1) };
  throw elsewhere(`"${definition.name}" has no step "${own}" in this program; start one that has`);
}

/** The partition with what its step's functions get of it. @throws PutOffError for one it was not cut into. */
export function partitionOf({ name, step, part }: Execution, look: RunLook): Partition | undefined {
  if (part === undefined) return undefined;
  const { partition } = detailOf(look.steps.get(name));
  const { context } = known(partition, `step "${step.name}" has no partition "${part}"`);
  return { name: part, context };
}
