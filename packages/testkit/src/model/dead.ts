/** What the reference model shows of dead letters. */
import type { DeadDepth, DeadFilter, DeadGroup, JobRow } from "@millrace/core";
import { jobsOf } from "./listing.ts";
import type { ModelState } from "./state.ts";

/** The matching dead letters, those that died last first, then by id. */
export function deadLettersOf(state: ModelState, filter: DeadFilter): readonly JobRow[] {
  const fits = (row: JobRow) =>
    Object.entries(filter).every(
      ([field, value]) => value === undefined || row[field as keyof DeadFilter] === value,
    );
  return jobsOf(state, { states: ["dead"] })
    .filter(fits)
    .sort((left, right) => diedAt(right) - diedAt(left) || (left.id > right.id ? -1 : 1));
}

/** Groups by fingerprint, name and queue, in the order of their bytes. */
export function deadGroupsOf(state: ModelState, filter: DeadFilter): readonly DeadGroup[] {
  const letters = deadLettersOf(state, filter);
  const keys = [...new Set(letters.map(keyOf))].sort(byParts);
  return keys.map((key) => groupOf(letters.filter((row) => keyOf(row) === key)));
}

/** Depths by queue. */
export function deadDepthsOf(state: ModelState, atMost: number): readonly DeadDepth[] {
  const letters = deadLettersOf(state, {});
  const queues = [...new Set(letters.map(({ queue }) => queue))].sort(byBytes);
  return queues.map((queue) => {
    const times = letters.filter((row) => row.queue === queue).map(diedAt);
    const oldestAtMs = Math.min(...times);
    return {
      queue,
      count: Math.min(times.length, atMost),
      oldestAtMs,
      oldestAgeMs: state.nowMs - oldestAtMs,
    };
  });
}

/** @param letters of one group, those that died last first. */
function groupOf(letters: readonly JobRow[]): DeadGroup {
  const [sample] = letters;
  if (sample === undefined) throw new Error("a group without letters");
  const { fingerprint = "", name, queue, id, records } = sample;
  const times = letters.map(diedAt);
  return {
    fingerprint,
    name,
    queue,
    count: letters.length,
    firstAtMs: Math.min(...times),
    lastAtMs: Math.max(...times),
    sample: { id, records },
  };
}

function diedAt({ finishedAtMs = 0 }: JobRow): number {
  return finishedAtMs;
}

function keyOf({ fingerprint = "", name, queue }: JobRow): string {
  return JSON.stringify([fingerprint, name, queue]);
}

function byParts(left: string, right: string): number {
  const [a, b] = [left, right].map((key) => JSON.parse(key) as readonly string[]); // what keyOf made
  const orders = (a ?? []).map((part, index) => byBytes(part, b?.[index] ?? ""));
  return orders.find((order) => order !== 0) ?? 0;
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
