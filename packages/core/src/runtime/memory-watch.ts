/** Watches how much of its memory this process uses, and says how much bulk work may be started for it. */
import { memoryShare } from "./memory-share.ts";

/** `tight`: less is to be started. `full`: nothing is, until it has fallen well below that. */
export type MemoryMood = "ample" | "tight" | "full";

/** From this share on. */
const TIGHT = 0.8;
const FULL = 0.95;
/** Where a full memory counts as tight again: one that wavers around the mark must not start work at every wave. */
const FALLEN = 0.9;
/** A process that stays full for so long with nothing started holds memory for other reasons: work trickles on. */
const TRICKLE_AFTER_MS = 30_000;

/** The mood at this share of memory, 0 to 1 and above, after the one before. */
export function memoryMood(share: number, before: MemoryMood): MemoryMood {
  if (share >= FULL || (before === "full" && share >= FALLEN)) return "full";
  return share >= TIGHT ? "tight" : "ample";
}

/** How memory stands. */
export interface MemoryState {
  readonly mood: MemoryMood;
  /** Used of what there is, 0 to 1; above where a limit is passed. */
  readonly share: number;
  /** How long it has been full; 0 where it is not. */
  readonly fullForMs: number;
}

/**
 * How many of `wanted` pieces of work may be under way: all while memory is ample, the fewer the tighter it is down to
 * one, none while it is full; and one again where it stays full although nothing is started.
 */
export function roomFor(wanted: number, { mood, share, fullForMs }: MemoryState): number {
  switch (mood) {
    case "ample":
      return wanted;
    case "tight":
      return Math.min(wanted, Math.max(1, Math.floor((wanted * (FULL - share)) / (FULL - TIGHT))));
    case "full":
      return fullForMs >= TRICKLE_AFTER_MS ? Math.min(wanted, 1) : 0;
  }
}

/** What a {@link MemoryWatch} works with. */
export interface MemoryWatchOptions {
  /**
   * Most bytes the process should be resident with. Where left out, what it is given: by the machine, its container
   * (cgroups) or `--max-old-space-size`.
   */
  readonly limitBytes?: number | undefined;
  /** Gives the share of memory in use under this limit; the process's own where left out. */
  readonly read?: ((limitBytes: number | undefined) => number) | undefined;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
}

/** One process's memory. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  #mood: MemoryMood = "ample";
  #fullSinceMs = 0;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  /** How it stands now. */
  look(): MemoryState {
    const { limitBytes, read = memoryShare, nowMs } = this.#options;
    const share = read(limitBytes);
    const mood = memoryMood(share, this.#mood);
    if (mood === "full" && this.#mood !== "full") this.#fullSinceMs = nowMs();
    this.#mood = mood;
    return { mood, share, fullForMs: mood === "full" ? nowMs() - this.#fullSinceMs : 0 };
  }

  /** {@link roomFor}, as it stands now. */
  room(wanted: number): number {
    return roomFor(wanted, this.look());
  }
}
