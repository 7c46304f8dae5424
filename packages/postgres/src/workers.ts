/** registerWorkers, removeWorkers and workers on SQL. */
import type { WorkerId, WorkerRow, WorkerWord } from "@millrace/core";
import { classCode, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";

/** The port's registerWorkers. */
export async function registerWorkers(
  session: Session,
  workers: readonly WorkerWord[],
  forMs: number,
): Promise<void> {
  if (workers.length === 0) return;
  const last = new Map(workers.map((worker) => [worker.id, worker]));
  await session.run("worker/register", [JSON.stringify([...last.values()].map(rowOf)), forMs]);
}

function rowOf({ upMs, priorities, ...word }: WorkerWord): object {
  return { ...word, up: upMs, classes: priorities.map(classCode) };
}

/** The port's removeWorkers. */
export async function removeWorkers(session: Session, ids: readonly WorkerId[]): Promise<void> {
  if (ids.length > 0) await session.run("worker/remove", [ids]);
}

interface StoredWorker {
  readonly id: WorkerId;
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly started: string;
  readonly seen: string;
  /** JSON, like `names` and `classes`. */
  readonly queues: string;
  readonly names: string;
  readonly classes: string;
  readonly concurrency: number;
  readonly running: number;
  readonly draining: boolean;
}

/** The port's workers. */
export async function liveWorkers(session: Session): Promise<readonly WorkerRow[]> {
  return (await session.run<StoredWorker>("worker/find", [])).map(workerOf);
}

function workerOf({ started, seen, queues, names, classes, ...row }: StoredWorker): WorkerRow {
  const codes = JSON.parse(classes) as readonly number[]; // array_to_json of smallint[]
  return {
    ...row,
    startedAtMs: Number(started),
    seenAtMs: Number(seen),
    queues: JSON.parse(queues) as readonly string[], // array_to_json of text[], like names
    names: JSON.parse(names) as readonly string[],
    priorities: codes.map(priorityOf),
  };
}
