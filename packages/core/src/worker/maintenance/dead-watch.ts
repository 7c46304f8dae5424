/** Warns of dead letters that nobody looks at: many in a queue, old ones, many in an hour. */
import type { Logger } from "../../runtime/logger.ts";
import { Loop } from "../../runtime/service.ts";
import type { DeadDepth } from "../../store/dead-store.ts";
import type { CountersByScope } from "../../store/stats-store.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** From when on a queue's dead letters are worth a warning; `Infinity`: never. */
export interface DeadThresholds {
  /** How many there are. */
  readonly depth: number;
  /** How long ago the oldest died. */
  readonly ageMs: number;
  /** How many died in the last hour. */
  readonly perHour: number;
}

const EVERY_MS = 60_000;
const PREFIX = "queue:";

/** A loop that looks once a minute, and warns when a queue crosses a threshold: once, until it has come back. */
export function deadWatch(
  { store, timing, onError, sweepMs, firstRestMs }: SweepOptions,
  { thresholds, logger }: { readonly thresholds: DeadThresholds; readonly logger: Logger },
): Loop {
  const crossings = new Crossings(logger);
  const { depth, ageMs, perHour } = thresholds;
  const pass = async () => {
    const depths = isReal(Math.min(depth, ageMs)) ? await store.deadDepths({ atMost: countedTo(depth) }) : [];
    const lastHour = isReal(perHour) ? await store.countersUnder(PREFIX, { lastMinutes: 60 }) : {};
    crossings.see([...standing(depths, thresholds), ...dying(lastHour, thresholds)]);
    return Math.max(EVERY_MS, sweepMs);
  };
  return new Loop({ name: "dead-watch", timing, onError, pass, firstRestMs });
}

function isReal(threshold: number): boolean {
  return threshold !== Number.POSITIVE_INFINITY;
}

/** Whether there are that many is all that is asked; with no depth of interest, whether there are any. */
function countedTo(depth: number): number {
  return isReal(depth) ? depth : 1;
}

/** A threshold that a queue is past. */
interface Crossing {
  readonly warning: "dead-letters-depth" | "dead-letters-age" | "dead-letters-rate";
  readonly queue: string;
  readonly message: string;
}

/** What has been warned of and is so still. */
class Crossings {
  readonly #logger: Logger;
  #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Warns of those that were not there at the last look. */
  see(crossings: readonly Crossing[]): void {
    const told = this.#told;
    this.#told = new Set(crossings.map(keyOf));
    for (const crossing of crossings) {
      const { warning, queue, message } = crossing;
      if (!told.has(keyOf(crossing))) this.#logger.warn(`${warning}: ${message}`, { warning, queue });
    }
  }
}

function keyOf({ warning, queue }: Crossing): string {
  return `${warning} ${queue}`;
}

function standing(depths: readonly DeadDepth[], { depth, ageMs }: DeadThresholds): Crossing[] {
  return depths.flatMap(({ queue, count, oldestAgeMs, oldestAtMs }): Crossing[] => {
    const what = `queue "${queue}" has`;
    const deep = `${what} ${count} dead letters or more; see mr.dead.groups()`;
    const old = `${what} dead letters since ${new Date(oldestAtMs).toISOString()}; replay or discard them`;
    return [
      ...(count >= depth ? [{ warning: "dead-letters-depth" as const, queue, message: deep }] : []),
      ...(oldestAgeMs >= ageMs ? [{ warning: "dead-letters-age" as const, queue, message: old }] : []),
    ];
  });
}

/** Scopes are `queue:<queue>:<class>`. */
function dying(lastHour: CountersByScope, { perHour }: DeadThresholds): Crossing[] {
  const died = new Map<string, number>();
  for (const [scope, { dead = 0 }] of Object.entries(lastHour)) {
    const queue = scope.slice(PREFIX.length, scope.lastIndexOf(":"));
    died.set(queue, (died.get(queue) ?? 0) + dead);
  }
  return [...died].flatMap(([queue, count]): Crossing[] => {
    const message = `${Math.round(count)} jobs of queue "${queue}" died in the last hour; see mr.dead.groups()`;
    return count >= perHour ? [{ warning: "dead-letters-rate", queue, message }] : [];
  });
}
