/** From a definition, an input and options to the row a store takes. */

import { tenantFor } from "../job/current.ts";
import type { JobDefaults } from "../job/job-defaults.ts";
import type { Duration } from "../model/duration.ts";
import { type Envelope, encodeRest, sealPayload } from "../model/envelope.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import { encodeJson } from "../model/json.ts";
import { badOption, checkName, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import type { AnyTransaction } from "../store/call.ts";
import { checkPriority, type JobDefinition, positiveMs } from "./define-job.ts";
import { type KeyOptions, keysOf } from "./job-keys.ts";
import { type TimeOptions, timesOf } from "./job-times.ts";
import { checkLimits } from "./limit-option.ts";
import { checkAttempts, type RetryOption, retryPolicy } from "./retry-option.ts";

/** Options of one enqueue; what is left out is as the definition says. */
export interface EnqueueOptions extends TimeOptions, KeyOptions {
  readonly priority?: Priority | undefined;
  /** Inside a handler that of its job where left out, else the default tenant's, which is `""`. */
  readonly tenant?: string | undefined;
  /** At most 32. */
  readonly tags?: readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  /** Shown, never trusted. */
  readonly submittedBy?: string | undefined;
  readonly retry?: RetryOption | undefined;
  readonly maxAttempts?: number | undefined;
  readonly timeout?: Duration | undefined;
  /**
   * Enqueues when it commits: one of `mr.transaction`, of `ctx.transaction`, or of the program's own database library
   * (see {@link AnyTransaction}). For stores with the capability `transactions`.
   */
  readonly transaction?: AnyTransaction | undefined;
}

const KEYS: readonly (keyof EnqueueOptions)[] = [
  "priority",
  "delay",
  "runAt",
  "ttl",
  "expiresAt",
  "key",
  "scope",
  "mode",
  "while",
  "keepFor",
  "orderingKey",
  "tenant",
  "tags",
  "correlationId",
  "submittedBy",
  "retry",
  "maxAttempts",
  "timeout",
  "transaction",
];
const MAX_TAGS = 32;

/** What enqueues with the same options share. */
export interface JobTemplate {
  readonly row: Omit<NewJob, "id" | "envelope">;
  /** What of the envelope follows the payload. */
  readonly rest: string;
  /** The same where the input says which limits the job runs under. @throws MillraceError `bad-config` */
  readonly restOf?: ((input: unknown) => string) | undefined;
}

/** What a program says of jobs that say nothing themselves. */
export type TemplateDefaults = Omit<JobDefaults, "policies">;

/** Checks options once for any number of inputs. @throws MillraceError `bad-config` */
export function jobTemplate(
  definition: JobDefinition,
  options: EnqueueOptions,
  defaults: TemplateDefaults,
): JobTemplate {
  refuseUnknownKeys("enqueue", options, KEYS);
  const priority =
    options.priority === undefined
      ? definition.priority
      : checkPriority("enqueue.priority", options.priority);
  const { queue, name, maxRescues = defaults.maxRescues } = definition;
  const tenant = tenantFor("enqueue.tenant", options.tenant);
  const rest = restOf(options);
  const { limits } = definition;
  return {
    row: {
      ...{ queue, name, tenant, priority, maxRescues },
      ...timesOf(options, defaults.ttlsMs.get(queue)),
      ...keysOf(options, { queue, name, tenant }),
    },
    rest: encodeRest(typeof limits === "object" ? { ...rest, limits } : rest),
    ...(typeof limits === "function" && {
      restOf: (input) => encodeRest({ ...rest, ...limitsOf(definition, input) }),
    }),
  };
}

/** What of an envelope such options make, beside its payload. @throws MillraceError `bad-config` */
export function restOf(options: EnqueueOptions): Omit<Envelope, "payload"> {
  const { timeout } = options;
  return {
    ...ownPolicy(options),
    ...withoutUndefined({
      timeoutMs: timeout === undefined ? undefined : positiveMs(timeout, "enqueue.timeout"),
      tags: tags(options.tags),
      correlationId: text("enqueue.correlationId", options.correlationId),
      submittedBy: text("enqueue.submittedBy", options.submittedBy),
    }),
  };
}

/**
 * A job of this template; the input is already validated. All have one shape, field by field: copying the row costs several
 * times as much. @throws MillraceError `not-serialisable`, `too-large`
 */
export function newJob({ row, rest, restOf: ofInput }: JobTemplate, input: unknown): NewJob {
  const payload = encodeJson(input === undefined ? null : input, `input of job "${row.name}"`);
  return {
    id: newId<JobId>(),
    queue: row.queue,
    name: row.name,
    tenant: row.tenant,
    priority: row.priority,
    delayMs: row.delayMs,
    runAtMs: row.runAtMs,
    ttlMs: row.ttlMs,
    expiresAtMs: row.expiresAtMs,
    unique: row.unique,
    orderingKey: row.orderingKey,
    maxRescues: row.maxRescues,
    run: row.run,
    envelope: sealPayload(payload, ofInput === undefined ? rest : ofInput(input)),
  };
}

/** The limits that jobs of this input run under. @throws MillraceError `bad-config` */
export function limitsOf({ name, limits }: JobDefinition, input: unknown): Pick<Envelope, "limits"> {
  const keys = typeof limits === "function" ? checkLimits(`job "${name}": limits`, limits(input)) : limits;
  return keys === undefined || keys.length === 0 ? {} : { limits: keys };
}

function ownPolicy({ retry, maxAttempts }: EnqueueOptions): Pick<Envelope, "retry" | "maxAttempts"> {
  if (retry !== undefined && maxAttempts !== undefined) {
    throw new MillraceError("bad-config", "enqueue takes retry or maxAttempts, not both");
  }
  if (retry !== undefined) return { retry: retryPolicy(retry, "enqueue.retry") };
  if (maxAttempts === undefined) return {};
  return { maxAttempts: checkAttempts(maxAttempts, "enqueue.maxAttempts") };
}

function tags(values: EnqueueOptions["tags"]): readonly string[] | undefined {
  if (values === undefined) return undefined;
  if (values.length > MAX_TAGS) throw badOption("enqueue.tags", values.length, `at most ${MAX_TAGS} tags`);
  return values.map((value) => checkName("enqueue.tags", value));
}

function text(option: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : checkName(option, value);
}
