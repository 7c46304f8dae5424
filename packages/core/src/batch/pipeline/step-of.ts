/** What the builder's calls say, made into steps: checked, and refused with the option's name. */
import { positiveMs } from "../../client/define-job.ts";
import { definedRetryPolicy } from "../../client/retry-option.ts";
import { ClassedError } from "../../model/errors.ts";
import { badOption, checkName, refuseUnknownKeys } from "../../model/options.ts";
import { wholeNumber } from "../../worker/concurrency.ts";
import type { StepRule } from "../definition.ts";
import type { AnyChunkOptions } from "./chunk-source.ts";
import { CHUNK_DEFAULTS, CHUNK_KEYS, chunkStepOf } from "./chunk-step-of.ts";
import type { StepDefinition, StepWork } from "./step-definition.ts";
import type {
  ChunkPartition,
  EachOptions,
  EachProcess,
  EachSource,
  TaskOptions,
  TaskPartition,
  TaskPolicy,
  TaskRun,
} from "./step-options.ts";

type AnyTask = TaskRun<unknown, unknown, unknown, unknown>;
type AnyPartition =
  | TaskPartition<unknown, unknown, unknown, unknown>
  | ChunkPartition<unknown, unknown, unknown, unknown, unknown, unknown>;

const RULE_KEYS: readonly (keyof StepRule<unknown, unknown>)[] = ["alwaysRun", "startLimit", "when"];
const TASK_KEYS: readonly (keyof TaskPolicy)[] = ["retry", "timeout", "transactional", "maxRescues"];
const PARTITION_KEYS: readonly string[] = ["partitions", "concurrency", "step"];
const EACH_KEYS: readonly string[] = CHUNK_KEYS.slice(CHUNK_KEYS.indexOf("chunkSize")).filter(
  (key) => key !== "ledger" && key !== "commit" && key !== "transactional",
);
/** Of a transactional task that names none: how long its transaction may hold what it locks. */
const TRANSACTION_MS = 30_000;

/** A task step or a chunk step. @throws MillraceError `bad-config` */
export function stepOf(
  name: string,
  given: AnyTask | AnyChunkOptions,
  options: TaskOptions<unknown, unknown> = {},
): StepDefinition {
  const what = stepName(name);
  if (typeof given === "function") {
    refuseUnknownKeys(what, options, [...TASK_KEYS, ...RULE_KEYS]);
    return stepWith(what, { name, rule: options, work: taskOf(what, given, options) });
  }
  refuseUnknownKeys(what, given, [...CHUNK_KEYS, ...RULE_KEYS]);
  return stepWith(what, {
    name,
    rule: given,
    work: { kind: "chunks", chunks: chunkStepOf(name, given, { what }) },
  });
}

/** A fan-out: a chunk step over an array whose outputs the ledger keeps. @throws MillraceError `bad-config` */
export function eachOf(
  name: string,
  at: {
    readonly items: EachSource<unknown, unknown, unknown>;
    readonly process: EachProcess<unknown, unknown, unknown>;
  },
  options: EachOptions<unknown, unknown, unknown> = {},
): StepDefinition {
  const what = stepName(name);
  refuseUnknownKeys(what, options, [...EACH_KEYS, ...RULE_KEYS]);
  if (typeof at.items !== "function") throw badOption(`${what}: items`, at.items, "a function");
  const { alwaysRun: _alwaysRun, startLimit: _startLimit, when: _when, ...policy } = options;
  const chunks = chunkStepOf(
    name,
    {
      ...policy,
      read: async function* ({ params, signal, run, steps, total }) {
        const { id, tenant } = run;
        const ctx = { params, signal, run: { id, tenant, get: run.get } };
        const elements = elementsOf(name, await at.items({ input: params, steps, ctx }));
        total(elements.length);
        yield* elements;
      },
      process: at.process as NonNullable<AnyChunkOptions["process"]>, // a fan-out has no partition
    },
    { what, keepsOutputs: true },
  );
  return stepWith(what, { name, rule: options, work: { kind: "chunks", chunks } });
}

/** What the caller's types could not see. */
function elementsOf(name: string, given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  const what = typeof given === "object" && given !== null ? "an object" : String(given).slice(0, MAX_SHOWN);
  const message = `step "${name}" was given ${what} to run over; it takes an array`;
  throw new ClassedError("validation", "bad-elements", message);
}

const MAX_SHOWN = 100;

/** A partitioned step. @throws MillraceError `bad-config` */
export function partitionOf(name: string, options: AnyPartition): StepDefinition {
  const what = stepName(name);
  const { partitions, concurrency = CHUNK_DEFAULTS.concurrency } = options;
  if (typeof partitions !== "function") throw badOption(`${what}: partitions`, partitions, "a function");
  return {
    ...stepWith(what, { name, rule: options, work: partitionWork(what, name, options) }),
    partitioner: {
      partitions: partitions.bind(options),
      concurrency: wholeNumber(`${what}: concurrency`, concurrency, 1),
    },
  };
}

function partitionWork(what: string, name: string, options: AnyPartition): StepWork {
  const { step } = options;
  if (typeof step === "function") {
    refuseUnknownKeys(what, options, [...PARTITION_KEYS, ...TASK_KEYS, ...RULE_KEYS]);
    return taskOf(what, step as AnyTask, options as TaskPolicy); // of a task, whose context has this partition
  }
  refuseUnknownKeys(what, options, [...PARTITION_KEYS, ...RULE_KEYS]);
  refuseUnknownKeys(`${what}: step`, step, CHUNK_KEYS);
  return { kind: "chunks", chunks: chunkStepOf(name, step as AnyChunkOptions, { what: `${what}: step` }) }; // likewise
}

function taskOf(what: string, run: AnyTask, options: TaskPolicy): StepWork {
  const { timeout, transactional = false } = options;
  if (typeof transactional !== "boolean")
    throw badOption(`${what}: transactional`, transactional, "true or false");
  const timeoutMs = timeout === undefined ? undefined : positiveMs(timeout, `${what}: timeout`);
  return {
    kind: "task",
    task: {
      run,
      retry: definedRetryPolicy(options.retry ?? "default", `${what}: retry`),
      timeoutMs: timeoutMs ?? (transactional ? TRANSACTION_MS : undefined),
      transactional,
      maxRescues: wholeNumber(`${what}: maxRescues`, options.maxRescues ?? CHUNK_DEFAULTS.maxRescues, 0),
    },
  };
}

function stepWith(
  what: string,
  {
    name,
    rule,
    work,
  }: { readonly name: string; readonly rule: StepRule<unknown, unknown>; readonly work: StepWork },
): StepDefinition {
  const { alwaysRun = false, startLimit, when } = rule;
  if (typeof alwaysRun !== "boolean") throw badOption(`${what}: alwaysRun`, alwaysRun, "true or false");
  if (when !== undefined && typeof when !== "function") throw badOption(`${what}: when`, when, "a function");
  return {
    name,
    alwaysRun,
    startLimit: startLimit === undefined ? undefined : wholeNumber(`${what}: startLimit`, startLimit, 1),
    when: when?.bind(rule),
    work,
    partitioner: undefined,
  };
}

/** `/` parts a step from its partition. */
function stepName(name: string): string {
  checkName("step name", name);
  if (name.includes("/")) throw badOption("step name", name, "a name without a slash");
  return `step "${name}"`;
}
