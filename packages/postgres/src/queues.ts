/** configureQueue and queueSettings on SQL. */
import { PRIORITIES, type QueueChange, type QueueSetting } from "@millrace/core";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** A setting as its row says it. */
export interface SettingRow {
  readonly queue: string;
  readonly paused: boolean;
  readonly capacity: number | null;
  /** JSON of one number or null per class. */
  readonly capacities: string;
}

/** The port's configureQueue. */
export async function configureQueue(session: Session, queue: string, change: QueueChange): Promise<void> {
  const { paused, capacity, capacities = {} } = change;
  await session.run("queue/configure", [
    queue,
    paused ?? null,
    capacity !== undefined,
    capacity ?? null,
    PRIORITIES.map((priority) => capacities[priority] !== undefined),
    PRIORITIES.map((priority) => capacities[priority] ?? null),
  ]);
}

/** The port's queueSettings. */
export async function queueSettings(session: Session): Promise<readonly QueueSetting[]> {
  return (await session.run<SettingRow>("queue/settings", [])).map(settingOf);
}

/** Makes a row readable. */
export function settingOf({ queue, paused, capacity, capacities }: SettingRow): QueueSetting {
  const limits = JSON.parse(capacities) as readonly (number | null)[]; // array_to_json of integer[]
  const set = PRIORITIES.flatMap((priority, index) => {
    const limit = limits[index] ?? null;
    return limit === null ? [] : [[priority, limit] as const];
  });
  return { queue, paused, ...optional("capacity", capacity), capacities: Object.fromEntries(set) };
}
