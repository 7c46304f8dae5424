/** What every store refuses of limits. */
import { MillraceError } from "../model/errors.ts";
import {
  MAX_HOLD_MS,
  MAX_HOLD_REASON,
  MAX_LIMIT_KEY,
  type NewLimitHold,
  type SnoozeNote,
} from "../model/limit.ts";
import { checkText } from "./value-checks.ts";

const MAX_BY_LENGTH = 200;

/** @throws MillraceError `bad-input` naming the limit and what is wrong; nothing of the call is applied. */
export function checkHolds(holds: readonly NewLimitHold[]): void {
  for (const { key, forMs, reason, by } of holds) {
    const what = () => `limit ${JSON.stringify(key)}`;
    checkKey(key);
    checkBounded(reason, { what, field: "reason", most: MAX_HOLD_REASON });
    checkBounded(by, { what, field: "by", most: MAX_BY_LENGTH });
    if (Number.isSafeInteger(forMs) && forMs >= 0 && forMs <= MAX_HOLD_MS) continue;
    throw new MillraceError(
      "bad-input",
      `${what()}: it is to be held for ${forMs} ms; it takes a whole number from 0 (not at all) to ${MAX_HOLD_MS}`,
    );
  }
}

/** @throws MillraceError `bad-input` for a note that no store keeps. `what` names its job. */
export function checkSnoozeNote({ limit, reason }: SnoozeNote, what: () => string): void {
  if (limit !== undefined) checkKey(limit);
  checkBounded(reason, { what, field: "reason to snooze", most: MAX_HOLD_REASON });
}

function checkKey(key: string): void {
  checkText(key, () => `limit ${JSON.stringify(key)}`, "key");
  if (key !== "" && key.length <= MAX_LIMIT_KEY) return;
  throw new MillraceError(
    "bad-input",
    `a limit's key has ${key.length} characters; it takes 1 to ${MAX_LIMIT_KEY}`,
  );
}

interface Bounds {
  readonly what: () => string;
  readonly field: string;
  readonly most: number;
}

function checkBounded(text: string | undefined, { what, field, most }: Bounds): void {
  checkText(text, what, field);
  if (text === undefined || text.length <= most) return;
  throw new MillraceError("bad-input", `${what()}: ${field} takes at most ${most} characters; shorten it`);
}
