/** Wall-clock time in a zone: how far its clocks are from UTC at an instant, and when they are set anew. */
import { badOption } from "./options.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** Makers are costly; zones are few. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Checks the name of a zone of the IANA time zone database. @throws MillraceError `bad-config` */
export function checkZone(option: string, zone: unknown): string {
  if (typeof zone === "string" && zone !== "" && formatOf(zone) !== undefined) return zone;
  throw badOption(option, zone, 'a zone of the IANA time zone database, such as "Europe/Berlin" or "UTC"');
}

/**
 * How far the zone's clocks are ahead of UTC at the instant, in ms: an instant and its offset together are the wall time,
 * written as if it were UTC.
 * @throws MillraceError `unsupported` for a zone that this machine's database does not have.
 */
export function offsetMs(zone: string, atMs: number): number {
  const format = formatOf(zone);
  if (format === undefined) throw badOption("zone", zone, "a zone that this machine knows");
  const second = Math.floor(atMs / SECOND_MS) * SECOND_MS;
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(second)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, part["second"]) - second;
}

/**
 * The first instant after `fromMs`, at `untilMs` at the latest, at which the zone's clocks are set anew; `undefined` where
 * they are not. Two changes within a day that make up for each other are none.
 */
export function nextChangeMs(zone: string, fromMs: number, untilMs: number): number | undefined {
  const offset = offsetMs(zone, fromMs);
  for (let same = fromMs; same < untilMs; ) {
    const later = Math.min(same + DAY_MS, untilMs);
    if (offsetMs(zone, later) !== offset) return changeBetween(zone, same, later);
    same = later;
  }
  return undefined;
}

/** The instant of the change, of which there is one after `before` and not after `after`. */
function changeBetween(zone: string, before: number, after: number): number {
  const offset = offsetMs(zone, before);
  let [same, changed] = [before, after];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetMs(zone, middle) === offset) same = middle;
    else changed = middle;
  }
  return changed;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = newFormat(zone);
  if (format !== undefined) formats.set(zone, format);
  return format;
}

function newFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = "numeric";
  const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric } as const;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", second: numeric, ...fields });
  } catch {
    return undefined; // what Intl says of a name it does not know
  }
}
