/** Defining pipelines and batches: a name, what their runs take, how they are treated, and then steps. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { checkPriority } from "../../client/define-job.ts";
import type { Priority } from "../../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../../model/options.ts";
import { RUN_LISTENERS, type RunListeners } from "../listeners.ts";
import { buildPipeline } from "./build-pipeline.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PipelineDefinition } from "./pipeline-definition.ts";

/** What a definition says of all its runs. */
export interface PipelineOptions<Input> {
  /** Unique among the pipelines and batches of a store. */
  readonly name: string;
  /** Names of the parameters that tell one instance from another; all of them where left out. */
  readonly identity?: readonly (keyof NoInfer<Input> & string)[] | undefined;
  /** Whether an instance that has completed may run again, as a new run. False where left out. */
  readonly rerun?: boolean | undefined;
  /** `default` where left out. */
  readonly queue?: string | undefined;
  /** Of the chunks; run and step jobs go before them. `default` where left out. */
  readonly priority?: Priority | undefined;
  /** Told of what happens, in the worker where it happens. */
  readonly on?: RunListeners | undefined;
  /** Which code this is, in a word of the program's own: kept with runs as they start, and with each step as it begins. */
  readonly version?: string | undefined;
}

/** Parameters of a run that takes none. */
export type NoParams = Readonly<Record<string, never>>;
/** Results of no steps. */
export type NoSteps = Readonly<Record<never, never>>;

const KEYS: readonly (keyof PipelineOptions<unknown>)[] = [
  "name",
  "identity",
  "rerun",
  "queue",
  "priority",
  "on",
  "version",
];

/**
 * Defines a pipeline without steps yet. `input` is any Standard Schema of an object: checked at `start`, and its output
 * is what the steps get. Without one, name the type: `definePipeline<{ url: string }>({ name })`.
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function definePipeline<Schema extends StandardSchemaV1>(
  options: PipelineOptions<StandardSchemaV1.InferInput<Schema>> & { readonly input: Schema },
): Pipeline<StandardSchemaV1.InferInput<Schema>, NoSteps, StandardSchemaV1.InferOutput<Schema>>;
export function definePipeline<Input = NoParams>(
  options: PipelineOptions<Input> & { readonly input?: undefined },
): Pipeline<Input, NoSteps>;
export function definePipeline(
  options: PipelineOptions<Readonly<Record<string, unknown>>> & {
    readonly input?: StandardSchemaV1 | undefined;
  },
): Pipeline<never, NoSteps> {
  refuseUnknownKeys("definePipeline", options, [...KEYS, "input"]);
  return buildPipeline(definitionOf("definePipeline", options, options.input));
}

/** The same by a batch's words: what its runs take are `params`. @throws as `definePipeline`. */
export function defineBatch<Schema extends StandardSchemaV1>(
  options: PipelineOptions<StandardSchemaV1.InferInput<Schema>> & { readonly params: Schema },
): Pipeline<StandardSchemaV1.InferInput<Schema>, NoSteps, StandardSchemaV1.InferOutput<Schema>>;
export function defineBatch<Params = NoParams>(
  options: PipelineOptions<Params> & { readonly params?: undefined },
): Pipeline<Params, NoSteps>;
export function defineBatch(
  options: PipelineOptions<Readonly<Record<string, unknown>>> & {
    readonly params?: StandardSchemaV1 | undefined;
  },
): Pipeline<never, NoSteps> {
  refuseUnknownKeys("defineBatch", options, [...KEYS, "params"]);
  return buildPipeline(definitionOf("defineBatch", options, options.params));
}

function definitionOf(
  verb: string,
  options: PipelineOptions<Readonly<Record<string, unknown>>>,
  schema: StandardSchemaV1 | undefined,
): PipelineDefinition {
  const name = checkName(`${verb}.name`, options.name);
  const what = `"${name}"`;
  const { identity, rerun = false, version, on = {} } = options;
  if (typeof rerun !== "boolean") throw badOption(`${what}: rerun`, rerun, "true or false");
  if (identity !== undefined && !isListOfNames(identity))
    throw badOption(`${what}: identity`, identity, "names of parameters");
  return {
    name,
    queue: checkName(`${what}: queue`, options.queue ?? "default"),
    priority: checkPriority(`${what}: priority`, options.priority ?? "default"),
    version: version === undefined ? undefined : checkName(`${what}: version`, version),
    identity,
    rerun,
    schema,
    on: checkListeners(`${what}: on`, on),
    steps: [],
  };
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function checkListeners(option: string, on: RunListeners): RunListeners {
  refuseUnknownKeys(option, on, RUN_LISTENERS);
  for (const name of RUN_LISTENERS) {
    const listener: unknown = on[name];
    if (listener !== undefined && typeof listener !== "function")
      throw badOption(`${option}.${name}`, listener, "a function");
  }
  return on;
}
