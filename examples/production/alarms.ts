import type { QueueStats, Stats } from "millrace";

/** What is wrong now, one line each, to be asked for every minute: costs the same however much history there is. */
export function alarmsOf({ queues }: Stats): readonly string[] {
  return queues.flatMap((queue) => [...stalled(queue), ...failing(queue), ...waiting(queue)]);
}

/** Jobs are in line, and nothing has run for a minute: no worker, or none with a handler for them, or a pause. */
function stalled({ queue, queued, running, lastMinute }: QueueStats): string[] {
  const isStalled = queued > 0 && running === 0 && lastMinute.perMinute === 0;
  return isStalled ? [`${queue}: ${queued} in line, nothing runs`] : [];
}

/** More than one in twenty ended dead or expired, of enough to say so. */
function failing({ queue, lastHour }: QueueStats): string[] {
  const { successRate, perMinute, failures } = lastHour;
  if (successRate === null || successRate > 0.95 || perMinute * 60 < 20) return [];
  return [`${queue}: ${Math.round((1 - successRate) * 100)} % failed this hour: ${JSON.stringify(failures)}`];
}

/** Urgent jobs wait longer than they should. */
function waiting({ queue, priorities }: QueueStats): string[] {
  const waitMs = priorities.critical?.lastMinute.averageWaitMs ?? 0;
  return waitMs > 1_000 ? [`${queue}: critical jobs waited ${Math.round(waitMs)} ms`] : [];
}
