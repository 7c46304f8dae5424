/** A circuit breaker: after failures in a row nobody calls for a while, then one request tries. */

/** Pure data; {@link begun}, {@link ended} make the next one. */
export interface Circuit {
  /** Failures in a row. */
  readonly failures: number;
  /** When it may be tried again; `undefined` while it is closed. */
  readonly openUntilMs: number | undefined;
  /** How long it was opened for, the last time in a row. */
  readonly openMs: number;
  /** Until when one request is trying; others wait that long at most. */
  readonly tryingUntilMs: number | undefined;
}

/** How a request ended, as far as the endpoint's health goes. Any answer at all is a `success`; `unknown`: aborted by us. */
export type CallEnd = "success" | "failure" | "unknown";

const FAILURES_TO_OPEN = 5;
const FIRST_OPEN_MS = 5_000;
const MOST_OPEN_MS = 60_000;
/** Others look again so often while one tries. */
const TRIAL_POLL_MS = 1_000;

/** A closed one. */
export const CLOSED_CIRCUIT: Circuit = Object.freeze({
  failures: 0,
  openUntilMs: undefined,
  openMs: 0,
  tryingUntilMs: undefined,
});

/** Lets a request begin (`waitMs` 0), or says when to ask again. `trialMs`: the longest a request can take. */
export function begun(
  circuit: Circuit,
  at: { readonly nowMs: number; readonly trialMs: number },
): { readonly circuit: Circuit; readonly waitMs: number } {
  const { openUntilMs, tryingUntilMs } = circuit;
  if (openUntilMs === undefined) return { circuit, waitMs: 0 };
  if (openUntilMs > at.nowMs) return { circuit, waitMs: openUntilMs - at.nowMs };
  if (tryingUntilMs !== undefined && tryingUntilMs > at.nowMs) return { circuit, waitMs: TRIAL_POLL_MS };
  return { circuit: { ...circuit, tryingUntilMs: at.nowMs + at.trialMs }, waitMs: 0 };
}

/** The circuit after a request: five failures in a row open it for 5 s, each failed trial for twice as long, up to 60 s. */
export function ended(circuit: Circuit, end: CallEnd, nowMs: number): Circuit {
  if (end === "success") return CLOSED_CIRCUIT;
  if (end === "unknown") return { ...circuit, tryingUntilMs: undefined };
  const failures = circuit.failures + 1;
  if (circuit.openUntilMs === undefined && failures < FAILURES_TO_OPEN) return { ...circuit, failures };
  // Requests that were in flight when it opened prove nothing new.
  if (circuit.openUntilMs !== undefined && circuit.openUntilMs > nowMs) return { ...circuit, failures };
  const openMs = Math.min(MOST_OPEN_MS, Math.max(FIRST_OPEN_MS, circuit.openMs * 2));
  return { failures, openMs, openUntilMs: nowMs + openMs, tryingUntilMs: undefined };
}
