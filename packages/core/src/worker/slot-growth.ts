/** Gives a worker more slots while all are in use and the process is well, and takes them back while it is not. */
import { Loop, type OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { ConcurrencyRange } from "./concurrency.ts";
import type { Slots } from "./slots.ts";

/** What {@link slotGrowth} works with. */
export interface SlotGrowthOptions {
  readonly slots: Slots;
  readonly range: ConcurrencyRange;
  readonly timing: Timing;
  readonly onError: OnError;
  /** How much of its memory the process uses, 0 to 1. */
  memoryShare(): number;
  /** There are slots that were not there before. */
  onGrown(): void;
}

/** What grows doubles, what shrinks halves: 10 slots are 50 in three looks, and back in three. */
const FACTOR = 2;
const EVERY_MS = 250;
/** A look that comes later than this after its time says that handlers keep the event loop from others. */
const BUSY_LAG_MS = 100;
/** Up to here there is room for more. */
const CALM_LAG_MS = 20;
const BUSY_MEMORY = 0.9;
const CALM_MEMORY = 0.8;

/** A loop that looks four times a second. */
export function slotGrowth(options: SlotGrowthOptions): Loop {
  const { slots, range, timing, onError, memoryShare, onGrown } = options;
  let dueMs = Number.POSITIVE_INFINITY;
  const look = () => {
    const lagMs = Math.max(0, timing.now() - dueMs);
    const before = slots.limit;
    slots.resize(next({ range, limit: before, peak: slots.takePeak() }, { lagMs, memory: memoryShare() }));
    if (slots.limit > before) onGrown();
    dueMs = timing.now() + EVERY_MS;
    return EVERY_MS;
  };
  return new Loop({ name: "grow", timing, onError, pass: async () => look() });
}

interface Use {
  readonly range: ConcurrencyRange;
  readonly limit: number;
  /** The most that ran at once. */
  readonly peak: number;
}

interface Load {
  readonly lagMs: number;
  readonly memory: number;
}

/** The number of slots from now on. Between busy and calm it stays. */
function next({ range, limit, peak }: Use, { lagMs, memory }: Load): number {
  if (lagMs >= BUSY_LAG_MS || memory >= BUSY_MEMORY) return Math.max(range.min, Math.floor(limit / FACTOR));
  const isCalm = lagMs <= CALM_LAG_MS && memory <= CALM_MEMORY;
  return isCalm && peak >= limit ? Math.min(range.max, limit * FACTOR) : limit;
}
