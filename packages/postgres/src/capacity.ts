/** Capacities on SQL: which jobs of a call there is no room for. */
import { type JobId, type NewJob, PRIORITIES, type QueueSetting } from "@millrace/core";
import { type Counters, readCounters } from "./journal.ts";
import { type SettingRow, settingOf } from "./queues.ts";
import type { Session } from "./session.ts";

interface Sent {
  readonly jobs: readonly NewJob[];
  readonly resend: boolean;
}

/**
 * Refuses, and counts as refused, what a queue has no room for; gives the refused jobs' places in the call. Calls for
 * queues with a capacity take turns from here to their commit, so each sees what the one before has added.
 */
export async function takeRoom(session: Session, sent: Sent): Promise<ReadonlySet<number>> {
  const queues = [...new Set(sent.jobs.map(({ queue }) => queue))];
  const rows = await session.run<SettingRow>("queue/lock-limited", [queues]);
  if (rows.length === 0) return new Set();
  const limited = rows.map(settingOf);
  const scopes = limited.flatMap(({ queue }) => PRIORITIES.map((priority) => scopeOf(queue, priority)));
  const room = roomIn(limited, await readCounters(session, scopes, []));
  const full = placesWithoutRoom(sent.jobs, room, await comeForNothing(session, sent));
  await countRefused(
    session,
    [...full].flatMap((index) => sent.jobs[index] ?? []),
  );
  return full;
}

function scopeOf(queue: string, priority: string): string {
  return `queue:${queue}:${priority}`;
}

/** Free places of whole queues and of their classes; what has no limit is not there. */
interface Room {
  readonly queues: Map<string, number>;
  readonly scopes: Map<string, number>;
}

function roomIn(limited: readonly QueueSetting[], counters: Counters): Room {
  const room: Room = { queues: new Map(), scopes: new Map() };
  for (const { queue, capacity, capacities } of limited) {
    const counts = PRIORITIES.map((priority) => counters[scopeOf(queue, priority)]?.["queued"] ?? 0);
    if (capacity !== undefined) {
      room.queues.set(queue, capacity - counts.reduce((sum, count) => sum + count, 0));
    }
    for (const [index, priority] of PRIORITIES.entries()) {
      const limit = capacities[priority];
      if (limit !== undefined) room.scopes.set(scopeOf(queue, priority), limit - (counts[index] ?? 0));
    }
  }
  return room;
}

/** The places in the call of jobs that need no room: their id is known or their unique key is taken. */
async function comeForNothing(session: Session, { jobs, resend }: Sent): Promise<ReadonlySet<number>> {
  const rows = jobs.map(({ id, unique }, ord) => ({ ord, id, ukey: unique?.key }));
  const answers = await session.run<{ ord: number; known: boolean; holder: string | null }>("key/holders", [
    JSON.stringify(rows),
    resend,
  ]);
  return new Set(answers.flatMap(({ ord, known, holder }) => (known || holder !== null ? ord : [])));
}

/** Goes through the call in its order. */
function placesWithoutRoom(
  jobs: readonly NewJob[],
  room: Room,
  passing: ReadonlySet<number>,
): ReadonlySet<number> {
  const full = new Set<number>();
  const ids = new Set<JobId>();
  const keys = new Set<string>();
  for (const [index, job] of jobs.entries()) {
    const key = job.unique?.key;
    if (passing.has(index) || ids.has(job.id) || (key !== undefined && keys.has(key))) continue;
    if (!take(room, job)) {
      full.add(index);
      continue;
    }
    ids.add(job.id);
    if (key !== undefined) keys.add(key);
  }
  return full;
}

function take({ queues, scopes }: Room, { queue, priority }: NewJob): boolean {
  const scope = scopeOf(queue, priority);
  const [ofQueue, ofClass] = [queues.get(queue), scopes.get(scope)];
  if ((ofQueue ?? 1) <= 0 || (ofClass ?? 1) <= 0) return false;
  if (ofQueue !== undefined) queues.set(queue, ofQueue - 1);
  if (ofClass !== undefined) scopes.set(scope, ofClass - 1);
  return true;
}

async function countRefused(session: Session, refused: readonly NewJob[]): Promise<void> {
  if (refused.length === 0) return;
  const counts = new Map<string, number>();
  for (const { queue, priority } of refused) {
    const scope = scopeOf(queue, priority);
    counts.set(scope, (counts.get(scope) ?? 0) + 1);
  }
  const delta = [...counts].map(([scope, count]) => [scope, "refused", count]);
  await session.run("queue/refused", [JSON.stringify(delta)]);
}
