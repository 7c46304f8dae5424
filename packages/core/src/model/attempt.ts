/** What is kept of an ended attempt: one line of JSON, which stores prefix with its end and never read. */
import { CHILDREN_FAILED, type ChildTally } from "./children.ts";
import type { ControlNote } from "./control-note.ts";
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
export interface EndedAttempt extends Omit<AttemptRecord, "worker" | "durationMs" | "outcome"> {
  /** `cancelled`: no attempt of a handler's, but the end that `cancel` made. */
  readonly outcome: Outcome["kind"] | "cancelled";
  readonly endedAtMs: number;
  /** 1 until an operator had the job run again. */
  readonly generation: number;
  /** Not known of an attempt whose worker vanished. */
  readonly worker?: string | undefined;
  readonly durationMs?: number | undefined;
}

type Decoded = Omit<EndedAttempt, "endedAtMs" | "generation">;

/** What stores write of a job they gave up because its workers kept vanishing. */
const CRASHED: Decoded = {
  outcome: "dead",
  error: {
    class: "crashed",
    name: "Crashed",
    message: "every worker that held this job alone vanished before it ended",
    fingerprint: "crashed",
  },
};

/** What stores write of a parent whose children made what it waited for impossible. */
function diedOfChildren({ failed = 0, total = 0 }: Partial<ChildTally>): Decoded {
  return {
    outcome: "dead",
    error: {
      class: "processing",
      reason: CHILDREN_FAILED,
      name: "ChildrenFailed",
      message: `${failed} of ${total} children failed, which the parent's policy does not allow`,
      fingerprint: CHILDREN_FAILED,
    },
  };
}

/** The attempts in a row's `records`, oldest first. Lines that no version of ours wrote are left out. */
export function decodeAttempts(records: string): readonly EndedAttempt[] {
  const attempts: EndedAttempt[] = [];
  let generation = 1;
  for (const line of records.split("\n")) {
    const space = line.indexOf(" ");
    const known = space > 0 ? parsed(line.slice(space + 1)) : undefined;
    if (known === "replayed") generation += 1;
    else if (known !== undefined) {
      attempts.push({ ...known, endedAtMs: Number(line.slice(0, space)), generation });
    }
  }
  return attempts;
}

function parsed(text: string): Decoded | "replayed" | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if ("kind" in value) return ofKind(value);
    return "outcome" in value ? (value as AttemptRecord) : undefined; // only workers write outcomes
  } catch {
    return undefined;
  }
}

/** Lines that stores write themselves. */
function ofKind(
  line: { readonly kind: unknown } & ControlNote & Partial<ChildTally>,
): Decoded | "replayed" | undefined {
  switch (line.kind) {
    case "crashed":
      return CRASHED;
    case "replayed":
      return "replayed";
    case "cancelled":
      return cancelled(line);
    case CHILDREN_FAILED:
      return diedOfChildren(line);
    default:
      return undefined;
  }
}

function cancelled({ reason, by }: ControlNote): Decoded {
  const who = by === undefined ? "" : ` by ${by}`;
  const message = `cancelled${who}${reason === undefined ? "" : `: ${reason}`}`;
  return {
    outcome: "cancelled",
    error: { class: "cancelled", name: "JobCancelled", message, fingerprint: "cancelled" },
  };
}
