/** The builder: each call gives a new pipeline with one step more. */
import { MillraceError } from "../../model/errors.ts";
import { badOption } from "../../model/options.ts";
import { handlersOf } from "../handlers.ts";
import { jobNames } from "../run-jobs.ts";
import type { AnyChunkOptions } from "./chunk-source.ts";
import type { NoSteps } from "./define-pipeline.ts";
import type { Pipeline, Startable } from "./pipeline.ts";
import type { PipelineDefinition } from "./pipeline-definition.ts";
import type { StepDefinition } from "./step-definition.ts";
import { eachOf, partitionOf, stepOf } from "./step-of.ts";
import type { EachOptions, EachProcess, EachSource, TaskOptions, TaskRun } from "./step-options.ts";

type AnySource = EachSource<unknown, unknown, unknown>;
type EachRest = [
  process: EachProcess<unknown, unknown, unknown>,
  options?: EachOptions<unknown, unknown, unknown>,
];

const definitions = new WeakMap<object, PipelineDefinition>();

/** Whether this was made here. */
export function isPipeline(value: object): value is Startable<unknown> {
  return definitions.has(value);
}

/** The definition of a pipeline made here. @throws MillraceError `bad-config` for anything else. */
export function definitionOf(pipeline: object): PipelineDefinition {
  const definition = definitions.get(pipeline);
  if (definition !== undefined) return definition;
  throw badOption("pipeline", pipeline, "what definePipeline or defineBatch gave");
}

/** A pipeline of this definition. */
export function buildPipeline(definition: PipelineDefinition): Pipeline<never, NoSteps> {
  const { name, queue, priority, version, steps } = definition;
  const and = (step: StepDefinition): unknown => buildPipeline(withStep(definition, step));
  const pipeline = {
    name,
    queue,
    priority,
    version,
    stepNames: Object.freeze(steps.map((step) => step.name)),
    concurrency: Math.max(1, ...steps.map(concurrencyOf)),
    register: (engine: Parameters<Pipeline<never>["register"]>[0]) => register(definition, engine),
    step: (
      step: string,
      given: TaskRun<unknown, unknown, unknown, unknown> | AnyChunkOptions,
      options?: TaskOptions<unknown, unknown>,
    ) => and(stepOf(step, given, options)),
    each: (step: string, items: AnySource, ...[process, options]: EachRest) =>
      and(eachOf(step, { items, process }, options)),
    partition: (step: string, options: Parameters<typeof partitionOf>[1]) => and(partitionOf(step, options)),
    with: (factory: (made: unknown) => unknown) => factory(pipeline),
  };
  definitions.set(pipeline, definition);
  return Object.freeze(pipeline) as unknown as Pipeline<never, NoSteps>; // the calls gather what the types say
}

function register(definition: PipelineDefinition, engine: Parameters<Pipeline<never>["register"]>[0]): void {
  const { name } = definition;
  if (engine.registry.get(jobNames(name).coordinator) !== undefined) {
    const message = `two pipelines or batches are named "${name}"; give each its own name, and list each once`;
    throw new MillraceError("bad-config", message);
  }
  for (const handler of handlersOf(definition, engine)) engine.registry.add(handler);
}

function withStep(definition: PipelineDefinition, step: StepDefinition): PipelineDefinition {
  if (definition.steps.some(({ name }) => name === step.name))
    throw badOption("step name", step.name, `a name that "${definition.name}" does not have yet`);
  return { ...definition, steps: [...definition.steps, step] };
}

function concurrencyOf({ work, partitioner }: StepDefinition): number {
  const each = work.kind === "chunks" ? work.chunks.concurrency : 1;
  return each * (partitioner?.concurrency ?? 1);
}
