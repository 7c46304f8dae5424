/** What the headers of an answer say about when to call again. */
import { retryAfterMs } from "@millrace/core";

/** Headers as undici gives them: names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Longest wait that headers can ask for. */
const MAX_WAIT_MS = 86_400_000;
/** Numbers from here on are seconds since 1970, and from the next on milliseconds. */
const EPOCH_SECONDS = 1_000_000_000;
const EPOCH_MS = 1_000_000_000_000;
const GO_DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

/** Ms that `retry-after-ms` or `retry-after` (seconds or a date) ask for. */
export function askedWaitMs(headers: AnswerHeaders, nowMs: number): number | undefined {
  return retryAfterMs({ headers }, nowMs);
}

/** Ms until a window that has no request or token left opens again, the longest of them; `undefined` where none is used up. */
export function exhaustedMs(headers: AnswerHeaders, nowMs: number): number | undefined {
  const waits = ["-requests", "-tokens", ""].flatMap((unit) => {
    const remaining = textOf(headers[`x-ratelimit-remaining${unit}`]);
    if (remaining === undefined || !(Number.parseFloat(remaining) <= 0)) return [];
    const ms = resetMs(textOf(headers[`x-ratelimit-reset${unit}`]), nowMs);
    return ms === undefined || ms <= 0 ? [] : [Math.min(ms, MAX_WAIT_MS)];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** `1s`, `6m0s`, `20ms`; a number of seconds from now; or a time in seconds or ms since 1970. */
function resetMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text === "") return undefined;
  return /^\d+(\.\d+)?$/.test(text) ? numberMs(Number(text), nowMs) : goDurationMs(text);
}

function numberMs(value: number, nowMs: number): number {
  if (value >= EPOCH_MS) return value - nowMs;
  return value >= EPOCH_SECONDS ? value * 1_000 - nowMs : value * 1_000;
}

function goDurationMs(text: string): number | undefined {
  const found = GO_DURATION.exec(text);
  if (found === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0, ms = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + ms;
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value.trim() : value?.[0]?.trim();
}
