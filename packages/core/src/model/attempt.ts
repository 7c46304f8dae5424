/** What is kept of an ended attempt: one line of JSON, which stores prefix with its end and never read. */
import { CHILDREN_FAILED } from "./children.ts";
import type { ErrorClass } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Outcome } from "./settlement.ts";

/** An attempt's error, as history keeps it. */
export interface AttemptError {
  readonly class: ErrorClass;
  /** Finer than the class, in the handler's own words. */
  readonly reason?: string | undefined;
  readonly name: string;
  /** At most 2 KiB. */
  readonly message: string;
  /** At most 4 KiB. */
  readonly stack?: string | undefined;
  readonly fingerprint: string;
}

/** What a worker writes of an attempt it ends. */
export interface AttemptRecord {
  readonly worker: string;
  readonly durationMs: number;
  readonly outcome: Outcome["kind"];
  /** Of a completed attempt that returned something. */
  readonly result?: Json | undefined;
  readonly error?: AttemptError | undefined;
}

/** An ended attempt as shown: what was written of it, and when it ended on the store's clock. */
export interface EndedAttempt extends Omit<AttemptRecord, "worker" | "durationMs"> {
  readonly endedAtMs: number;
  /** Not known of an attempt whose worker vanished. */
  readonly worker?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** What stores write of a job they gave up because its workers kept vanishing. */
const CRASHED: Omit<EndedAttempt, "endedAtMs"> = {
  outcome: "dead",
  error: {
    class: "crashed",
    name: "Crashed",
    message: "every worker that held this job alone vanished before it ended",
    fingerprint: "crashed",
  },
};

/** What stores write of a parent whose children made what it waited for impossible. */
function diedOfChildren(failed: unknown, total: unknown): Omit<EndedAttempt, "endedAtMs"> {
  return {
    outcome: "dead",
    error: {
      class: "processing",
      reason: CHILDREN_FAILED,
      name: "ChildrenFailed",
      message: `${Number(failed)} of ${Number(total)} children failed, which the parent's policy does not allow`,
      fingerprint: CHILDREN_FAILED,
    },
  };
}

/** The attempts in a row's `records`, oldest first. Lines that no version of ours wrote are left out. */
export function decodeAttempts(records: string): readonly EndedAttempt[] {
  const attempts: EndedAttempt[] = [];
  for (const line of records.split("\n")) {
    const space = line.indexOf(" ");
    const known = space > 0 ? parsed(line.slice(space + 1)) : undefined;
    if (known !== undefined) attempts.push({ ...known, endedAtMs: Number(line.slice(0, space)) });
  }
  return attempts;
}

function parsed(text: string): Omit<EndedAttempt, "endedAtMs"> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if ("kind" in value && value.kind === "crashed") return CRASHED;
    if ("kind" in value && value.kind === CHILDREN_FAILED && "failed" in value && "total" in value) {
      return diedOfChildren(value.failed, value.total);
    }
    return "outcome" in value ? (value as AttemptRecord) : undefined; // only workers write outcomes
  } catch {
    return undefined;
  }
}
