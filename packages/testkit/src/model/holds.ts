/** How the reference model holds limits, and why it says that jobs were put off. */
import type { AuditRecord, HoldFilter, LimitHold, NewLimitHold, PutOff } from "@millrace/core";
import { by } from "./audit-record.ts";
import type { Call } from "./call.ts";
import type { Answer, ModelHold, ModelJob, ModelState } from "./state.ts";

/** Holds limits, one after the other. */
export function hold(
  state: ModelState,
  holds: readonly NewLimitHold[],
): Answer<readonly (LimitHold | undefined)[]> {
  const after = holds.reduce(holdOne, state);
  return { state: after, answer: holds.map(({ key }) => inForce(after, key)) };
}

function holdOne(state: ModelState, { key, forMs, reason, by: who, shorten }: NewLimitHold): ModelState {
  const holds = new Map(state.holds);
  const untilMs = state.nowMs + forMs;
  if (forMs === 0) holds.delete(key);
  else if (shorten === true || untilMs > (inForce(state, key)?.untilMs ?? 0)) {
    holds.set(key, { untilMs, reason, by: who });
  }
  return { ...state, holds };
}

/** What is in force, by the bytes of the keys. */
export function holdsOf(state: ModelState, { keys }: HoldFilter): readonly LimitHold[] {
  return [...state.holds.keys()]
    .filter((key) => keys === undefined || keys.includes(key))
    .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
    .flatMap((key) => inForce(state, key) ?? []);
}

function inForce({ holds, nowMs }: ModelState, key: string): LimitHold | undefined {
  const held: ModelHold | undefined = holds.get(key);
  return held !== undefined && held.untilMs > nowMs
    ? { key, ...held, leftMs: held.untilMs - nowMs }
    : undefined;
}

/** Of a job in line that nobody has held since it was put off. */
export function putOffOf(state: ModelState, { place, isSuspect, snoozedFor }: ModelJob): PutOff | undefined {
  if (place !== "queued" || isSuspect || snoozedFor === undefined) return undefined;
  const { limit } = snoozedFor;
  const held = limit === undefined ? undefined : inForce(state, limit);
  return { ...snoozedFor, hold: held && { untilMs: held.untilMs, reason: held.reason } };
}

/** What the audit keeps of a call: each limit that ends at another time than before. */
export function holdActs(
  before: ModelState,
  state: ModelState,
  { holds, note = {} }: Extract<Call, { readonly verb: "hold" }>,
): readonly AuditRecord[] {
  return [...new Set(holds.map(({ key }) => key))].flatMap((key) => {
    const [was, is] = [inForce(before, key), inForce(state, key)];
    if (was?.untilMs === is?.untilMs) return [];
    const said = { action: "hold", resourceType: "limit", resourceId: key } as const;
    const type = is === undefined ? "limit.released" : "limit.held";
    return by(before, note, { ...said, type, before: shown(was), after: shown(is) });
  });
}

function shown(held: LimitHold | undefined): AuditRecord["after"] {
  return held === undefined
    ? null
    : { untilMs: held.untilMs, reason: held.reason ?? null, by: held.by ?? null };
}
