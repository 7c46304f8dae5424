/** Rates as options spell them: so many a second, or a number with its unit. */
import { badOption } from "./options.ts";

const SECONDS = { s: 1, m: 60, h: 3_600 } as const;

/** So many a second, or text such as `"100/s"`, `"30/m"`, `"1000/h"`. */
export type Rate = number | `${number}/${keyof typeof SECONDS}`;

/** The rate per second, above 0. @throws MillraceError `bad-config` naming the option and the value. */
export function perSecondOf(value: Rate, what: string): number {
  const perSecond = typeof value === "number" ? value : parsed(value);
  if (Number.isFinite(perSecond) && perSecond > 0) return perSecond;
  throw badOption(what, value, 'a number a second, or text such as "100/s", "30/m", "1000/h"');
}

function parsed(text: unknown): number {
  const [, count, unit] = (typeof text === "string" && /^(\d+(?:\.\d+)?)\/([smh])$/.exec(text)) || [];
  if (count === undefined || unit === undefined) return Number.NaN;
  return Number(count) / SECONDS[unit as keyof typeof SECONDS]; // the pattern's units
}
