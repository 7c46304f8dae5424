/** Adapts the size of a step's chunks to what they cost. Pure: the chunk loop keeps the state in its checkpoint. */
import type { MemoryMood } from "../runtime/memory-watch.ts";
import { CHUNK_MEASURES } from "./chunk-measures.ts";

/** Bounds of a size. */
interface SizeBounds {
  readonly min: number;
  readonly max: number;
}

/** What is remembered between two looks; JSON, to be kept as it is. */
export interface ChunkSizeState {
  /** Items of the chunks to be formed from now on. */
  readonly size: number;
  /** Ms per item with the size before, where that was smaller. */
  readonly msPerItem?: number | undefined;
  /** Something was too large or too slow once: from then on sizes grow by steps instead of doubling. */
  readonly careful?: true | undefined;
  /** Looks since it was last found that growing pays no more. */
  readonly rested?: number | undefined;
  /** The counters when this size was chosen. */
  readonly since: Measures;
}

interface Measures {
  readonly items: number;
  readonly ms: number;
  readonly complaints: number;
}

/** What is known when the chunk loop wakes up. */
export interface ChunkSizeInput {
  /** The step's counters, those of {@link CHUNK_MEASURES} among them. */
  readonly counters: Readonly<Record<string, number>>;
  readonly bounds: SizeBounds;
  /** Chunks that run at once: so many of an earlier size may still be under way. */
  readonly concurrency: number;
  readonly memory: MemoryMood;
}

/** Items must get this much cheaper for a larger size to have paid. */
const WORTH = 0.95;
/** Chunks of a size that must have ended before it is judged, for each that runs at once. */
const ROUNDS = 2;
/** Looks after which growing is tried again. */
const REST = 20;
/** How much careful growth adds. */
const STEP = 0.1;

/** The state of a step that begins. */
export function firstChunkSize({
  counters,
  bounds,
}: Pick<ChunkSizeInput, "counters" | "bounds">): ChunkSizeState {
  return { size: bounds.min, since: measuresOf(counters) };
}

/**
 * The state after a look at the counters. A complaint (time-out, refusal as too large) or memory that is not ample
 * halves the size at once. Else, once enough chunks of this size have ended: while items have become cheaper it grows,
 * doubling until it was halved first and by a tenth from then on; where they have not, it goes back and rests.
 */
export function nextChunkSize(state: ChunkSizeState, input: ChunkSizeInput): ChunkSizeState {
  const { bounds, concurrency, memory } = input;
  const now = measuresOf(input.counters);
  if (now.complaints > state.since.complaints || memory !== "ample") return shrunk(state, now, input);
  const items = now.items - state.since.items;
  // As many again may be of an earlier size, formed before this one was chosen.
  if (items < 2 * ROUNDS * concurrency * state.size) return state;
  const msPerItem = (now.ms - state.since.ms) / items;
  const { rested, since: _since, ...rest } = state;
  if (rested !== undefined) {
    return rested < REST ? { ...rest, rested: rested + 1, since: now } : { ...anew(rest), since: now };
  }
  const paid = state.msPerItem === undefined || msPerItem < state.msPerItem * WORTH;
  if (!paid) return { ...rest, size: within(bounds, smaller(state)), msPerItem, rested: 0, since: now };
  if (state.size >= bounds.max) return { ...rest, msPerItem, rested: 0, since: now };
  return { ...rest, size: within(bounds, larger(state)), msPerItem, since: now };
}

/** Complaints of chunks of the size before, which are still under way, are not held against the new one. */
function shrunk(
  { size }: ChunkSizeState,
  now: Measures,
  { bounds, concurrency }: ChunkSizeInput,
): ChunkSizeState {
  const forgiven = now.complaints + ROUNDS * concurrency;
  return {
    size: within(bounds, Math.floor(size / 2)),
    careful: true,
    since: { ...now, complaints: forgiven },
  };
}

/** Whatever comes next counts as cheaper. */
function anew({ size, careful }: Pick<ChunkSizeState, "size" | "careful">): Omit<ChunkSizeState, "since"> {
  return { size, ...(careful ? { careful } : {}) };
}

function larger({ size, careful }: ChunkSizeState): number {
  return careful ? size + stepOf(size) : size * 2;
}

function smaller({ size, careful }: ChunkSizeState): number {
  return careful ? size - stepOf(size) : Math.floor(size / 2);
}

function stepOf(size: number): number {
  return Math.max(1, Math.round(size * STEP));
}

function within({ min, max }: SizeBounds, size: number): number {
  return Math.min(max, Math.max(min, size));
}

function measuresOf(counters: Readonly<Record<string, number>>): Measures {
  const count = (name: keyof typeof CHUNK_MEASURES): number => counters[CHUNK_MEASURES[name]] ?? 0;
  return { items: count("items"), ms: count("ms"), complaints: count("timeouts") + count("tooLarge") };
}
