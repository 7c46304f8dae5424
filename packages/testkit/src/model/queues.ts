/** What is set for queues in the reference model, and the room that leaves. */
import { type NewJob, PRIORITIES, type QueueChange, type QueueSetting } from "@millrace/core";
import type { Answer, ModelState } from "./state.ts";

/** Changes what is set for a queue. */
export function configureQueue(state: ModelState, queue: string, change: QueueChange): Answer<undefined> {
  const before = state.queues.get(queue) ?? { queue, paused: false, capacities: {} };
  const setting = { ...before, ...capacitiesOf(before, change), paused: change.paused ?? before.paused };
  return { state: { ...state, queues: new Map(state.queues).set(queue, setting) }, answer: undefined };
}

/** The word of a configuration counts for nothing where an operator's stands. */
function capacitiesOf(before: QueueSetting, change: QueueChange): Partial<QueueSetting> {
  const source = change.source === undefined ? before.source : (change.source ?? undefined);
  if (before.source === "operator" && change.source === "configuration") return {};
  const limits = Object.entries({ ...before.capacities, ...change.capacities });
  return {
    capacity: change.capacity === undefined ? before.capacity : (change.capacity ?? undefined),
    capacities: Object.fromEntries(limits.filter(([, limit]) => typeof limit === "number")),
    source,
  };
}

/** The queues for which anything is set, by the bytes of their names. */
export function settingsOf(state: ModelState): readonly QueueSetting[] {
  return [...state.queues.values()]
    .filter(
      (one) =>
        one.paused ||
        one.capacity !== undefined ||
        Object.keys(one.capacities).length > 0 ||
        one.source === "operator",
    )
    .sort((left, right) => Buffer.compare(Buffer.from(left.queue), Buffer.from(right.queue)));
}

/** Whether a queue had room for a job when a call began, with what the call has added since. */
export function hasRoom(start: ModelState, added: readonly NewJob[], job: NewJob): boolean {
  const setting = start.queues.get(job.queue);
  const inLine = [...start.jobs.values()].filter((one) => one.place === "queued").map((one) => one.spec);
  const here = [...inLine, ...added].filter((one) => one.queue === job.queue);
  const alike = here.filter((one) => one.priority === job.priority);
  return (
    here.length < (setting?.capacity ?? Number.POSITIVE_INFINITY) &&
    alike.length < (setting?.capacities[job.priority] ?? Number.POSITIVE_INFINITY)
  );
}

/** Counts a refused job. */
export function refuse(state: ModelState, { queue, priority }: NewJob): ModelState {
  const scope = `queue:${queue}:${priority}`;
  return { ...state, refused: new Map(state.refused).set(scope, (state.refused.get(scope) ?? 0) + 1) };
}

/** Every queue that somebody has used or set something for. */
export function knownQueues(state: ModelState): readonly string[] {
  const used = [...[...state.jobs.values()].map((job) => job.spec), ...state.past].map(({ queue }) => queue);
  return [...new Set([...used, ...state.queues.keys()])];
}

/** The counter scopes of a queue. */
export function scopesOf(queue: string): readonly string[] {
  return PRIORITIES.map((priority) => `queue:${queue}:${priority}`);
}
