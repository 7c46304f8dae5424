/** What `top` shows, as it was at one moment. */
import { type JobRecord, jobRecord, type Stats } from "@millrace/core";
import type { OpenClient } from "../client.ts";

/** One look at a store. */
export interface TopSnapshot {
  /** By this machine's clock. */
  readonly takenAtMs: number;
  readonly stats: Stats;
  readonly paused: ReadonlySet<string>;
  /** Newest first. */
  readonly dead: readonly JobRecord[];
}

const MAX_DEAD = 10;

/** Looks. What it costs does not grow with the jobs there are, or were. */
export async function takeSnapshot({ mr, home }: OpenClient): Promise<TopSnapshot> {
  const [stats, settings, { rows }] = await Promise.all([
    mr.stats(),
    mr.queues.list(),
    home.store.find({ states: ["dead"] }, { limit: MAX_DEAD }),
  ]);
  return {
    takenAtMs: Date.now(),
    stats,
    paused: new Set(settings.filter(({ paused }) => paused).map(({ queue }) => queue)),
    dead: rows.map((row) => jobRecord(row)),
  };
}
