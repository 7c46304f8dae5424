/** Looks after a worker's memory, and says when there is too little of it for bulk work. */
import type { Logger } from "../runtime/logger.ts";
import type { MemoryMood, MemoryState, MemoryWatch } from "../runtime/memory-watch.ts";
import { Loop, type OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";

/** What {@link memoryLoop} works with. */
export interface MemoryLoopOptions {
  readonly memory: MemoryWatch;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly onError: OnError;
}

const EVERY_MS = 1_000;

/** A loop that looks once a second, and tells each change of mood once. */
export function memoryLoop({ memory, timing, logger, onError }: MemoryLoopOptions): Loop {
  let told: MemoryMood = "ample";
  const look = (): number => {
    const state = memory.look();
    if (state.mood !== told) tell(logger, state);
    told = state.mood;
    return EVERY_MS;
  };
  return new Loop({ name: "memory", timing, onError, pass: async () => look() });
}

function tell(logger: Logger, { mood, share }: MemoryState): void {
  const percent = Math.round(share * 100);
  const fields = { mood, share };
  switch (mood) {
    case "ample":
      logger.info(`memory is ${percent} % used: chunks start as before`, fields);
      break;
    case "tight":
      logger.warn(
        `memory is ${percent} % used: fewer chunks start; lower chunk sizes or concurrency, or raise worker.memoryLimit`,
        fields,
      );
      break;
    case "full":
      logger.warn(`memory is ${percent} % used: no chunks start until it has fallen`, fields);
  }
}
