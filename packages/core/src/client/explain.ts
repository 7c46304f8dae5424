/** Why jobs are where they are, and who is at work. */
import { type Explanation, explain } from "../model/explain.ts";
import { isId, type JobId } from "../model/ids.ts";
import type { WorkerRow } from "../model/worker.ts";
import type { Store } from "../store/store.ts";

/** A live worker. Instants are ISO 8601 in UTC. */
export interface WorkerRecord extends Omit<WorkerRow, "startedAtMs" | "seenAtMs"> {
  readonly startedAt: string;
  /** When it last gave its word: every five seconds. */
  readonly seenAt: string;
}

/** The workers of a store. */
export interface Workers {
  /** Those that are at work, on whatever machine, by id: a vanished one is gone from it after 15 s. */
  list(): Promise<readonly WorkerRecord[]>;
}

/** Explains jobs of a store that `open` opens. */
export function explainerOf(
  store: Store,
  open: () => Promise<unknown>,
): (id: string) => Promise<Explanation | undefined> {
  return async (id) => {
    if (!isId(id)) return undefined;
    await open();
    const [facts] = await store.explain([id as JobId]); // isId has looked
    return facts && explain(facts);
  };
}

/** Reads the registry of a store that `open` opens. */
export function workersOf(store: Store, open: () => Promise<unknown>): Workers {
  return Object.freeze({
    list: async () => {
      await open();
      return (await store.workers()).map(workerRecord);
    },
  });
}

/** Makes a row readable. */
export function workerRecord({ startedAtMs, seenAtMs, ...row }: WorkerRow): WorkerRecord {
  return {
    ...row,
    startedAt: new Date(startedAtMs).toISOString(),
    seenAt: new Date(seenAtMs).toISOString(),
  };
}
