/** Jobs whose limits are held: put off without a call of their handlers, and without burning an attempt. */
import { type Control, type ControlMeaning, makeControl } from "../job/control.ts";
import type { LimitGate } from "../job/limit-gate.ts";
import { shortened } from "../job/limits.ts";
import type { SnoozeNote } from "../model/limit.ts";
import type { PutOffError } from "../model/put-off.ts";
import type { Random } from "../runtime/random.ts";

/** No job looks away for longer: a limit that is let go early is noticed by then. */
const LONGEST_MS = 300_000;
/** Jobs under one limit come back spread over a tenth of what they waited, within these bounds. */
const SPREAD = { share: 0.1, leastMs: 200, mostMs: 10_000 };

/** What to end an attempt with that must not begin; `undefined` where none of its limits is held. */
export async function putOff(
  gate: Pick<LimitGate, "heldAmong">,
  limits: readonly string[],
  random: Random,
): Promise<Control | undefined> {
  const held = await gate.heldAmong(limits);
  if (held === undefined) return undefined;
  return makeControl(untilOver(held.leftMs, { note: { limit: held.key, reason: held.reason }, random }));
}

/** How an attempt ends whose handler found out that it cannot go on now. */
export function putOffBy({ delayMs, note }: PutOffError, random: Random): ControlMeaning {
  const { limit, reason } = note;
  return untilOver(delayMs, { note: { limit, reason: shortened(reason) }, random });
}

function untilOver(
  leftMs: number,
  { note, random }: { readonly note: SnoozeNote; readonly random: Random },
): ControlMeaning {
  const waitMs = Math.min(leftMs, LONGEST_MS);
  const spreadMs = Math.min(Math.max(waitMs * SPREAD.share, SPREAD.leastMs), SPREAD.mostMs);
  const delayMs = Math.ceil(waitMs + random() * spreadMs);
  return { parts: {}, end: { kind: "snoozed", delayMs, note } };
}
