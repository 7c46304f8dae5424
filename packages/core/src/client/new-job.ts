/** From a definition, an input and options to the row a store takes. */

import { tenantFor } from "../job/current.ts";
import type { Duration } from "../model/duration.ts";
import { type Envelope, sealEnvelope } from "../model/envelope.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import { encodeJson, type Json } from "../model/json.ts";
import { badOption, checkName, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import type { AnyTransaction } from "../store/call.ts";
import { checkPriority, type JobDefinition, positiveMs } from "./define-job.ts";
import { type KeyOptions, keysOf } from "./job-keys.ts";
import { type TimeOptions, timesOf } from "./job-times.ts";
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
  readonly envelope: Omit<Envelope, "payload">;
}

/** Checks options once for any number of inputs. @throws MillraceError `bad-config` */
export function jobTemplate(definition: JobDefinition, options: EnqueueOptions): JobTemplate {
  refuseUnknownKeys("enqueue", options, KEYS);
  const { timeout } = options;
  const priority =
    options.priority === undefined
      ? definition.priority
      : checkPriority("enqueue.priority", options.priority);
  const { queue, name, maxRescues } = definition;
  const tenant = tenantFor("enqueue.tenant", options.tenant);
  return {
    row: {
      ...{ queue, name, tenant, priority, maxRescues },
      ...timesOf(options),
      ...keysOf(options, { queue, name, tenant }),
    },
    envelope: {
      ...ownPolicy(options),
      ...withoutUndefined({
        timeoutMs: timeout === undefined ? undefined : positiveMs(timeout, "enqueue.timeout"),
        tags: tags(options.tags),
        correlationId: text("enqueue.correlationId", options.correlationId),
        submittedBy: text("enqueue.submittedBy", options.submittedBy),
      }),
    },
  };
}

/** A job of this template; the input is already validated. @throws MillraceError `not-serialisable`, `too-large` */
export function newJob(template: JobTemplate, input: unknown): NewJob {
  const payload = input === undefined ? null : input;
  encodeJson(payload, `input of job "${template.row.name}"`);
  const envelope = sealEnvelope({ ...template.envelope, payload: payload as Json }); // encodeJson took it
  return { ...template.row, id: newId<JobId>(), envelope };
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
