/** When a schedule fires: the instants of its times, with what clock changes do to them. */
import { type Cron, cronOf } from "./cron.ts";
import type { CronTiming, IntervalTiming, ScheduleTiming } from "./schedule.ts";
import { nextChangeMs, offsetMs } from "./zone.ts";

/** A schedule's times. */
export interface FireTimes {
  /** The first at or after the instant; `undefined` where there is none any more. */
  from(atMs: number): number | undefined;
}

/** Longest that clocks are ever put forward or back at once: a zone that changes sides of the date line. */
const LONGEST_CHANGE_MS = 86_400_000;
/** How far back the last time is first looked for; doubled until there is one. */
const FIRST_LOOK_MS = 1_000;

/** Reads a timing. @throws MillraceError `bad-config` for what is no cron expression, and for a zone not known here. */
export function fireTimes(timing: ScheduleTiming): FireTimes {
  return timing.kind === "interval" ? intervalTimes(timing) : cronTimes(timing);
}

/** The next times after an instant, at most `count`. */
export function nextFires(times: FireTimes, afterMs: number, count: number): readonly number[] {
  const fires: number[] = [];
  for (let fire = times.from(afterMs + 1); fire !== undefined && fires.length < count; ) {
    fires.push(fire);
    fire = times.from(fire + 1);
  }
  return fires;
}

/** The last time not after `untilMs`; `firstMs` is one. */
export function lastFire(times: FireTimes, firstMs: number, untilMs: number): number {
  let found = firstMs;
  for (let lookMs = FIRST_LOOK_MS; found === firstMs && untilMs - lookMs > firstMs; lookMs *= 2) {
    found = timeWithin(times, untilMs - lookMs, untilMs) ?? firstMs;
  }
  for (let endMs = untilMs; found < endMs; ) {
    const middle = found + Math.ceil((endMs - found) / 2);
    const later = timeWithin(times, middle, endMs);
    if (later === undefined) endMs = middle - 1;
    else found = later;
  }
  return found;
}

function timeWithin(times: FireTimes, fromMs: number, untilMs: number): number | undefined {
  const fire = times.from(fromMs);
  return fire !== undefined && fire <= untilMs ? fire : undefined;
}

function intervalTimes({ everyMs, anchorMs }: IntervalTiming): FireTimes {
  return { from: (atMs) => anchorMs + Math.ceil((atMs - anchorMs) / everyMs) * everyMs };
}

/** Looks from one change of the zone's clocks to the next: in between they are as far from UTC all the time. */
function cronTimes(timing: CronTiming): FireTimes {
  const cron = cronOf("cron", timing.cron);
  const from = (atMs: number): number | undefined => {
    for (let startMs = atMs; ; ) {
      const fire = untilChange(cron, timing, startMs);
      if (fire === undefined) return undefined;
      const changeMs = nextChangeMs(timing.zone, startMs, fire);
      if (changeMs === undefined) return fire;
      startMs = changeMs;
    }
  };
  return { from };
}

/** The first time at or after the instant, if the clocks are not set anew before it. */
function untilChange(cron: Cron, timing: CronTiming, startMs: number): number | undefined {
  const { offset, changed } = clocksAt(timing.zone, startMs);
  const wall = startMs + offset;
  if (changed === undefined) return instantOf(cron.next(wall), offset);
  if (changed.from > offset) {
    const isRepeated = timing.overlap === "once";
    return instantOf(cron.next(isRepeated ? Math.max(wall, changed.atMs + changed.from) : wall), offset);
  }
  const usual = instantOf(cron.next(wall), offset);
  if (timing.gap === "skip") return usual;
  const leftOut = cron.next(startMs + changed.from);
  if (leftOut === undefined || leftOut >= changed.atMs + offset) return usual;
  return Math.min(leftOut - changed.from, usual ?? Number.POSITIVE_INFINITY);
}

function instantOf(wallMs: number | undefined, offset: number): number | undefined {
  return wallMs === undefined ? undefined : wallMs - offset;
}

/** A zone's clocks at an instant. */
interface Clocks {
  /** How far they are ahead of UTC. */
  readonly offset: number;
  /** When they were set last and how far ahead they were until then, as long as times it left out or repeats may matter. */
  readonly changed?: { readonly atMs: number; readonly from: number };
}

function clocksAt(zone: string, atMs: number): Clocks {
  const offset = offsetMs(zone, atMs);
  const from = offsetMs(zone, atMs - LONGEST_CHANGE_MS);
  const changeMs = from === offset ? undefined : nextChangeMs(zone, atMs - LONGEST_CHANGE_MS, atMs);
  return changeMs === undefined ? { offset } : { offset, changed: { atMs: changeMs, from } };
}
