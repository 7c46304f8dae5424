/** Why a job is where it is, from what a store knows of it. */
import { decodeAttempts } from "./attempt.ts";
import type { JobId } from "./ids.ts";
import { isTerminal, type JobState, type TerminalState } from "./job.ts";
import type { Ahead, AwaitedChildren, Hold, JobFacts, LinePlace, Takers } from "./job-facts.ts";
import { type Reason, sayReason } from "./reason.ts";

/** A reason with its line of words. */
export type SaidReason = Reason & { readonly says: string };

/** Why a job runs or does not. */
export interface Explanation {
  readonly id: JobId;
  readonly state: JobState;
  /** Since when it is in this state; `null` where that is not known. */
  readonly since: string | null;
  /** What bears on it, the weightiest first; at least one. */
  readonly reasons: readonly SaidReason[];
}

/** Explains a job. The words are the same wherever they are shown. */
export function explain(facts: JobFacts): Explanation {
  const sinceMs = sinceOf(facts);
  return {
    id: facts.id,
    state: facts.state,
    since: sinceMs === undefined ? null : instant(sinceMs),
    reasons: reasonsOf(facts).map((reason) => ({ ...reason, says: sayReason(reason, facts.nowMs) })),
  };
}

function sinceOf(facts: JobFacts): number | undefined {
  switch (facts.state) {
    case "ready":
      return facts.runAtMs;
    case "scheduled":
    case "retrying":
      return decodeAttempts(facts.records).at(-1)?.endedAtMs ?? facts.createdAtMs;
    case "running":
      return facts.hold?.sinceMs;
    case "waiting":
      return undefined;
    case "completed":
    case "dead":
    case "cancelled":
    case "expired":
      return facts.finishedAtMs;
  }
}

function reasonsOf(facts: JobFacts): readonly Reason[] {
  const { state, hold, children } = facts;
  if (isTerminal(state)) return [endOf(facts, state)];
  if (children !== undefined) return [childrenReason(children)];
  if (state === "running")
    return [...cancelling(facts), ...(hold === undefined ? [] : [holdReason(hold, facts)])];
  return standing(facts);
}

/** Why a job in line is not claimed, or that it may be at any moment. */
function standing(facts: JobFacts): readonly Reason[] {
  const { queue, rescues, line, ahead, takers } = facts;
  const reasons: readonly Reason[] = [
    ...(facts.isPaused ? [{ code: "paused", queue } as const] : []),
    ...limited(facts),
    ...pastExpiry(facts),
    ...later(facts),
    ...(line === undefined ? [] : [lineReason(line)]),
    ...(facts.isSuspect ? [{ code: "suspect", rescues } as const] : []),
    ...noWorker(facts),
    ...(ahead === undefined ? [] : aheadReason(facts, ahead)),
  ];
  if (facts.state !== "ready") return reasons;
  if (reasons.length === 0) return [takersReason(takers)];
  return isHeldUpOnlyByOthers(reasons) && takers?.free === 0 ? [...reasons, takersReason(takers)] : reasons;
}

function isHeldUpOnlyByOthers(reasons: readonly Reason[]): boolean {
  return reasons.every(({ code }) => code === "behind" || code === "suspect");
}

function takersReason({ able, free }: Takers = { live: 0, able: 0, free: 0 }): Reason {
  return free > 0 ? { code: "next", able } : { code: "workers-busy", able };
}

function pastExpiry({ expiresAtMs, nowMs }: JobFacts): readonly Reason[] {
  if (expiresAtMs === undefined || expiresAtMs > nowMs) return [];
  return [{ code: "past-expiry", at: instant(expiresAtMs) }];
}

function later(facts: JobFacts): readonly Reason[] {
  const at = instant(facts.runAtMs);
  if (facts.state === "scheduled") return [notBefore(facts, at)];
  if (facts.state !== "retrying") return [];
  return [{ code: "retrying", at, attempts: facts.attempts, error: lastError(facts) }];
}

/** A job under a limit that is held is to run no sooner than its own due time, for no other reason. */
function notBefore({ putOff }: JobFacts, at: string): Reason {
  if (putOff === undefined || putOff.hold !== undefined) return { code: "not-before", at };
  return { code: "snoozed", at, limit: putOff.limit ?? null, reason: putOff.reason ?? null };
}

function limited({ putOff }: JobFacts): readonly Reason[] {
  const { limit: key, hold } = putOff ?? {};
  if (key === undefined || hold === undefined) return [];
  return [{ code: "limited", key, until: instant(hold.untilMs), reason: hold.reason ?? null }];
}

function lineReason({ first, ahead }: LinePlace): Reason {
  return { code: "behind-key", job: first ?? null, ahead };
}

function noWorker({ queue, name, priority, takers }: JobFacts): readonly Reason[] {
  if (takers === undefined || takers.able > 0) return [];
  return [{ code: "no-worker", queue, name, priority, live: takers.live }];
}

function aheadReason({ queue, priority }: JobFacts, { inClass, higher }: Ahead): readonly Reason[] {
  if (inClass + higher === 0) return [];
  return [{ code: "behind", queue, priority, ahead: inClass, higher }];
}

function cancelling({ cancelling: note }: JobFacts): readonly Reason[] {
  return note === undefined ? [] : [{ code: "cancelling", reason: note.reason ?? null, by: note.by ?? null }];
}

function holdReason({ worker, sinceMs, untilMs }: Hold, { nowMs }: JobFacts): Reason {
  if (untilMs <= nowMs) return { code: "lease-over", worker, at: instant(untilMs) };
  const since = sinceMs === undefined ? null : instant(sinceMs);
  return { code: "running", worker, since, until: instant(untilMs) };
}

function childrenReason({ total, completed, failed, condition, unfinished }: AwaitedChildren): Reason {
  const left = total - completed - failed;
  return {
    code: "waits-for-children",
    unfinished: left,
    completed,
    failed,
    condition,
    children: unfinished,
  };
}

function endOf(facts: JobFacts, state: TerminalState): Reason {
  const { attempts } = facts;
  const at = instant(facts.finishedAtMs ?? facts.nowMs);
  switch (state) {
    case "completed":
      return { code: "completed", at, attempts };
    case "dead":
      return { code: "dead", at, attempts, error: lastError(facts) };
    case "cancelled":
      return { code: "cancelled", at, error: lastError(facts) };
    case "expired":
      return { code: "expired", at };
  }
}

/** Class and message of the last attempt's error, on one line. */
function lastError({ records }: JobFacts): string | null {
  const error = decodeAttempts(records).at(-1)?.error;
  if (error === undefined) return null;
  const message = error.class === "cancelled" ? error.message : `${error.class}: ${error.message}`;
  return message.replaceAll(/\s*\n\s*/g, " ");
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
