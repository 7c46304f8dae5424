/** What a program says of jobs that say nothing themselves. */
import type { Priority } from "../model/job.ts";
import { policyOf, type RetryPolicy } from "../model/retry.ts";

/** Of jobs whose definition, or whose enqueue, leaves it out. */
export interface JobDefaults {
  /** Rescues from a lease held alone after which a job is given up as crashed. */
  readonly maxRescues: number;
  /** How long jobs of a queue may stay in line once they are due, in ms; for ever where it is not named. */
  readonly ttlsMs: ReadonlyMap<string, number>;
  readonly policies: Readonly<Record<Priority, RetryPolicy>>;
}

/** Of a program that says nothing. */
export const JOB_DEFAULTS: JobDefaults = Object.freeze({
  maxRescues: 3,
  ttlsMs: new Map(),
  policies: Object.freeze({
    critical: policyOf("critical"),
    high: policyOf("high"),
    default: policyOf("default"),
    low: policyOf("low"),
    bulk: policyOf("bulk"),
  }),
});
