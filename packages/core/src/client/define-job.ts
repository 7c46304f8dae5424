/** Job definitions: a name, how its jobs are treated, what they take, and (in a worker) what runs them. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { CALLBACKS, type JobCallbacks } from "../job/callbacks.ts";
import type { Control } from "../job/control.ts";
import type { Isolation } from "../job/isolation.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { PRIORITIES, type Priority } from "../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import type { DefinedRetryPolicy } from "../model/retry.ts";
import type { HandlerContext } from "./handler-context.ts";
import { type IsolateOptions, isolation } from "./isolate-option.ts";
import { checkLimitOption, type LimitOption } from "./limit-option.ts";
import { type DefinitionRetryOption, definedRetryPolicy } from "./retry-option.ts";

/** What runs a job: gets the validated input; what it returns, or its promise gives, is the result, kept as JSON. */
export type Run<Parsed, Returned> = (input: Parsed, ctx: HandlerContext) => Returned;

/** A job's result, of what its run returns: controls are not results. */
export type ResultOf<Returned> = Exclude<Awaited<Returned>, Control>;

/** Options of {@link defineJob}. */
export interface JobOptions<Name extends string> {
  /** Unique among the jobs of a store. */
  readonly name: Name;
  /** `default` where left out. */
  readonly queue?: string | undefined;
  /** `default` where left out. */
  readonly priority?: Priority | undefined;
  /** Longest attempt; a longer one fails with class timeout. None where left out. */
  readonly timeout?: Duration | undefined;
  /** By priority where left out: critical aggressive, bulk none, else default. */
  readonly retry?: DefinitionRetryOption | undefined;
  /**
   * Runs each attempt in a transaction of the store, `ctx.transaction`, which also settles the job as its last
   * statement: everything is committed, or after a throw, a timeout or a lost lease nothing. For stores with the
   * capability `transactions`; attempts are cut at `timeout`, or 30 s. False where left out.
   */
  readonly transactional?: boolean | undefined;
  /**
   * Runs each attempt in a child process of the worker, which is killed where it does not heed its signal, and which a
   * crash costs that one attempt. The process imports the module named here, which must export this definition.
   */
  readonly isolate?: IsolateOptions | undefined;
  /** Times a job may take its worker down before it is given up as crashed; as `worker.maxRescues` says where left out. */
  readonly maxRescues?: number | undefined;
}

/** The option that may look into the input. */
interface LimitsOf<Input> {
  /**
   * Limits of the whole fleet that its jobs run under: none starts while one of them is held (`ctx.hold`, `mr.limits`), and
   * none burns an attempt by waiting. Keys, or what makes them of the input as it is enqueued; the job carries them.
   */
  readonly limits?: LimitOption<Input> | undefined;
}

/** A job type. Without `run` it is a contract: good for enqueueing, importable without what the work needs. */
export interface JobDefinition<
  Name extends string = string,
  Input = unknown,
  Parsed = Input,
  Result = unknown,
> {
  readonly name: Name;
  readonly queue: string;
  readonly priority: Priority;
  readonly timeoutMs: number | undefined;
  readonly retry: DefinedRetryPolicy | undefined;
  readonly maxRescues: number | undefined;
  readonly transactional: boolean;
  readonly isolation: Isolation | undefined;
  readonly limits: LimitOption | undefined;
  readonly input: StandardSchemaV1<Input, Parsed> | undefined;
  readonly on: JobCallbacks | undefined;
  /** In types only: what enqueue takes and result gives. */
  readonly types?: { readonly input: Input; readonly result: Result };
  readonly hasRun: boolean;
  // Methods, so that definitions of different inputs fit in one list.
  run(input: Parsed, ctx: HandlerContext): unknown;
  /** The same definition with what runs it. */
  handler<Returned>(run: Run<Parsed, Returned>): JobDefinition<Name, Input, Parsed, ResultOf<Returned>>;
}

const KEYS: readonly string[] = [
  "name",
  "queue",
  "priority",
  "timeout",
  "retry",
  "maxRescues",
  "transactional",
  "isolate",
  "limits",
  "input",
  "run",
  "on",
];

/**
 * Defines a job type. `input` is any Standard Schema: checked at enqueue and again before `run`, which gets what the
 * schema makes of it. Types follow from it; without one, from `run`'s own first parameter. `on` is told what became of
 * attempts (write it after `run`: its types follow from that).
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function defineJob<const Name extends string, Schema extends StandardSchemaV1, Returned = unknown>(
  options: JobOptions<Name> &
    LimitsOf<StandardSchemaV1.InferInput<NoInfer<Schema>>> & {
      readonly input: Schema;
      readonly run?: Run<StandardSchemaV1.InferOutput<Schema>, Returned>;
      readonly on?: JobCallbacks<NoInfer<ResultOf<Returned>>> | undefined;
    },
): JobDefinition<
  Name,
  StandardSchemaV1.InferInput<Schema>,
  StandardSchemaV1.InferOutput<Schema>,
  ResultOf<Returned>
>;
export function defineJob<const Name extends string, Input = unknown, Returned = unknown>(
  options: JobOptions<Name> &
    LimitsOf<Input> & {
      readonly input?: undefined;
      readonly run?: Run<Input, Returned>;
      readonly on?: JobCallbacks<NoInfer<ResultOf<Returned>>> | undefined;
    },
): JobDefinition<Name, Input, Input, ResultOf<Returned>>;
export function defineJob(
  options: JobOptions<string> &
    LimitsOf<unknown> & {
      readonly input?: StandardSchemaV1 | undefined;
      readonly run?: Run<unknown, unknown>;
      readonly on?: JobCallbacks | undefined;
    },
): JobDefinition {
  refuseUnknownKeys("defineJob", options, KEYS);
  const name = checkName("defineJob.name", options.name);
  const what = `job "${name}"`;
  return definition({
    name,
    queue: checkName(`${what}: queue`, options.queue ?? "default"),
    priority: checkPriority(`${what}: priority`, options.priority ?? "default"),
    timeoutMs: options.timeout === undefined ? undefined : positiveMs(options.timeout, `${what}: timeout`),
    retry: options.retry === undefined ? undefined : definedRetryPolicy(options.retry, `${what}: retry`),
    maxRescues:
      options.maxRescues === undefined ? undefined : checkRescues(`${what}: maxRescues`, options.maxRescues),
    transactional: checkFlag(`${what}: transactional`, options.transactional ?? false),
    isolation: checkIsolate(`${what}: isolate`, options),
    limits: checkLimitOption(`${what}: limits`, options.limits),
    input: options.input,
    on: options.on === undefined ? undefined : checkCallbacks(`${what}: on`, options.on),
    run: options.run,
  });
}

type Fields = Pick<
  JobDefinition,
  | "name"
  | "queue"
  | "priority"
  | "timeoutMs"
  | "retry"
  | "maxRescues"
  | "transactional"
  | "isolation"
  | "limits"
  | "input"
  | "on"
> & { readonly run: Run<unknown, unknown> | undefined };

function definition<Returned>(fields: Fields): JobDefinition<string, unknown, unknown, ResultOf<Returned>> {
  const { run } = fields;
  return Object.freeze({
    ...fields,
    hasRun: run !== undefined,
    run: (input: unknown, ctx: HandlerContext) => {
      if (run === undefined) throw new TypeError(`job "${fields.name}" is a contract: it has no run`);
      return run(input, ctx);
    },
    handler: <NewReturned>(newRun: Run<unknown, NewReturned>) =>
      definition<NewReturned>({ ...fields, run: newRun }),
  });
}

/** Whether the value is a definition that says how its jobs are run. */
export function isRunnable(value: unknown): value is JobDefinition {
  if (typeof value !== "object" || value === null) return false;
  const { name, hasRun, run, handler }: Partial<JobDefinition> = value;
  return (
    typeof name === "string" && hasRun === true && typeof run === "function" && typeof handler === "function"
  );
}

/** @throws MillraceError `bad-config`, also for an isolated job in a transaction, which belongs to its worker. */
function checkIsolate(option: string, { isolate, transactional }: JobOptions<string>): Isolation | undefined {
  if (isolate === undefined) return undefined;
  if (transactional === true) {
    throw badOption(option, "given", "nothing for a transactional job: its transaction is the worker's own");
  }
  return isolation(option, isolate);
}

/** @throws MillraceError `bad-config` */
function checkCallbacks(option: string, on: JobCallbacks): JobCallbacks {
  refuseUnknownKeys(option, on, CALLBACKS);
  for (const name of CALLBACKS) {
    const callback: unknown = on[name];
    if (callback !== undefined && typeof callback !== "function") {
      throw badOption(`${option}.${name}`, callback, "a function");
    }
  }
  return on;
}

/** @throws MillraceError `bad-config` */
export function checkPriority(option: string, value: unknown): Priority {
  const known: readonly unknown[] = PRIORITIES;
  if (known.includes(value)) return value as Priority; // just looked up
  throw badOption(option, value, PRIORITIES.join(", "));
}

/** @throws MillraceError `bad-config` */
export function positiveMs(value: Duration, option: string): number {
  const ms = durationMs(value, option);
  if (ms > 0) return ms;
  throw badOption(option, value, "more than 0");
}

function checkRescues(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw badOption(option, value, "a whole number, 0 or more");
}

function checkFlag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(option, value, "true or false");
}
