/** A memory store that can lose a job: what a deletion behind the store's back, or a bug, would leave. */

import { newMemory } from "../memory/memory.ts";
import { type MemoryStoreOptions, storeOn } from "../memory/memory-store.ts";
import type { JobId } from "../model/ids.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Store } from "../store/store.ts";

/** As {@link memoryStore}; `lose` forgets a running or waiting job, and nothing else changes. */
export function lossyMemoryStore(options: MemoryStoreOptions = {}): {
  readonly store: Store;
  lose(id: JobId): void;
} {
  const memory = newMemory(options.now ? { now: options.now } : systemClock);
  const lose = (id: JobId): void => {
    const job = memory.jobs.get(id);
    if (job === undefined || !memory.jobs.isLive(id)) throw new Error(`there is no live job ${id} to lose`);
    memory.jobs.lose(job);
  };
  return { store: storeOn(memory), lose };
}
