/** What is kept of an ended attempt: one line of JSON, which stores prefix with its end and never read. */
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

/** An ended attempt as shown: what the worker wrote, and when it ended on the store's clock. */
export interface EndedAttempt extends AttemptRecord {
  readonly endedAtMs: number;
}

/** The attempts in a row's `records`, oldest first. Lines no version of ours wrote are left out. */
export function decodeAttempts(records: string): readonly EndedAttempt[] {
  const attempts: EndedAttempt[] = [];
  for (const line of records.split("\n")) {
    const space = line.indexOf(" ");
    const record = space > 0 ? parsed(line.slice(space + 1)) : undefined;
    if (record !== undefined) attempts.push({ ...record, endedAtMs: Number(line.slice(0, space)) });
  }
  return attempts;
}

function parsed(text: string): AttemptRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === "object" && value !== null && "worker" in value && "outcome" in value;
    return isRecord ? (value as AttemptRecord) : undefined; // only workers write records
  } catch {
    return undefined;
  }
}
