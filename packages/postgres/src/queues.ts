/** configureQueue and queueSettings on SQL. */
import {
  type CapacitySource,
  type ControlNote,
  PRIORITIES,
  type QueueChange,
  type QueueSetting,
  queueEntries,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** A setting as its row says it. */
export interface SettingRow {
  readonly queue: string;
  readonly paused: boolean;
  readonly capacity: number | null;
  /** JSON of one number or null per class. */
  readonly capacities: string;
  readonly source: CapacitySource | null;
}

/** What is to be set for a queue, and who has it set. */
export interface Configuring {
  readonly queue: string;
  readonly change: QueueChange;
  readonly note: ControlNote;
}

/** The port's configureQueue, with the record of it within a transaction. */
export async function configureQueue(session: Session, { queue, change, note }: Configuring): Promise<void> {
  if (note.actor === undefined) return configure(session, queue, change);
  const before = await settingNow(session, queue);
  await configure(session, queue, change);
  await appendAudit(session, queueEntries(note, { before, after: await settingNow(session, queue) }));
}

/** What is set for the queue, whose row nobody else changes until the transaction ends. */
async function settingNow(session: Session, queue: string): Promise<QueueSetting> {
  const [row] = await session.run<SettingRow>("queue/lock", [queue]);
  return row === undefined ? { queue, paused: false, capacities: {} } : settingOf(row);
}

async function configure(session: Session, queue: string, change: QueueChange): Promise<void> {
  const { paused, capacity, capacities = {}, source } = change;
  await session.run("queue/configure", [
    queue,
    paused ?? null,
    capacity !== undefined,
    capacity ?? null,
    PRIORITIES.map((priority) => capacities[priority] !== undefined),
    PRIORITIES.map((priority) => capacities[priority] ?? null),
    source === null ? "nobody" : (source ?? null),
  ]);
}

/** The port's queueSettings. */
export async function queueSettings(session: Session): Promise<readonly QueueSetting[]> {
  return (await session.run<SettingRow>("queue/settings", [])).map(settingOf);
}

/** Makes a row readable. */
export function settingOf({ queue, paused, capacity, capacities, source }: SettingRow): QueueSetting {
  const limits = JSON.parse(capacities) as readonly (number | null)[]; // array_to_json of integer[]
  const set = PRIORITIES.flatMap((priority, index) => {
    const limit = limits[index] ?? null;
    return limit === null ? [] : [[priority, limit] as const];
  });
  return {
    queue,
    paused,
    ...optional("capacity", capacity),
    capacities: Object.fromEntries(set),
    ...optional("source", source),
  };
}
