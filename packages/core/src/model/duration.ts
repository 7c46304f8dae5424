/** Durations as options spell them: milliseconds, or a number with its unit. */
import { MillraceError } from "./errors.ts";

type DurationUnit = "ms" | "s" | "m" | "h" | "d";
const UNIT_MS: Readonly<Record<DurationUnit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds, or text such as `"500ms"`, `"30s"`, `"10m"`, `"1h"`, `"2d"`. */
export type Duration = number | `${number}${DurationUnit}`;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * The duration in ms: finite, 0 or more.
 * @param what names the option in the error.
 * @throws MillraceError `bad-config` naming the option and the value.
 */
export function durationMs(value: Duration, what: string): number {
  const ms = typeof value === "number" ? value : parsed(value);
  if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return ms;
  throw new MillraceError(
    "bad-config",
    `${what} is ${JSON.stringify(value) ?? String(value)}; give milliseconds or text such as "500ms", "30s", "10m", "1h", "2d"`,
    { details: { option: what, value } },
  );
}

function parsed(text: unknown): number | undefined {
  const match = typeof text === "string" ? DURATION.exec(text) : null;
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2] as DurationUnit]; // the pattern's units
}
