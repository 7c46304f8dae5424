/** What a pipeline tells of its runs, in the worker where it happens. */
import type { JobId, RunId } from "../model/ids.ts";
import type { RunState } from "../model/run.ts";
import type { ItemState } from "../model/settlement.ts";
import type { StepState } from "../model/step.ts";

/** The run that is told of. */
export interface RunNews {
  readonly run: RunId;
  readonly definition: string;
  /** Empty for the default tenant. */
  readonly tenant: string;
}

/** A run that has ended. */
export interface EndedRun extends RunNews {
  readonly state: RunState;
  /** What failed it, in one sentence. */
  readonly error?: string | undefined;
}

/** The step execution that is told of; a partition's step is `name/partition`. */
export interface StepNews extends RunNews {
  readonly step: string;
}

/** A step execution that has ended. */
export interface EndedStep extends StepNews {
  readonly state: StepState;
  readonly error?: string | undefined;
}

/** An attempt of a chunk. */
export interface ChunkNews extends StepNews {
  readonly chunk: JobId;
  readonly attempt: number;
  /** Items of the chunk. */
  readonly items: number;
}

/** An attempt of a chunk that is over. */
export interface EndedChunk extends ChunkNews {
  /** How many items this attempt settled, by state. */
  readonly outcomes: Readonly<Partial<Record<ItemState, number>>>;
  /** What ended the attempt, where it failed. */
  readonly error?: unknown;
}

/** An item that was skipped. */
export interface SkippedItem extends StepNews {
  readonly key: string;
  readonly item: unknown;
  /** What it failed with; absent where its processor skipped it by itself. */
  readonly error?: unknown;
}

/** A chunk's attempt that failed and is tried again. */
export interface RetriedChunk extends ChunkNews {
  readonly error: unknown;
}

/**
 * Called in the worker that does the work, each at least once: after a crash or a lost answer once more. A promise is
 * waited for. One that throws or rejects is reported to `onError` and changes nothing.
 */
export interface RunListeners {
  beforeRun?(news: RunNews): unknown;
  afterRun?(news: EndedRun): unknown;
  beforeStep?(news: StepNews): unknown;
  afterStep?(news: EndedStep): unknown;
  beforeChunk?(news: ChunkNews): unknown;
  afterChunk?(news: EndedChunk): unknown;
  skip?(news: SkippedItem): unknown;
  retry?(news: RetriedChunk): unknown;
}

/** All names of {@link RunListeners}. */
export const RUN_LISTENERS: readonly (keyof RunListeners)[] = [
  "beforeRun",
  "afterRun",
  "beforeStep",
  "afterStep",
  "beforeChunk",
  "afterChunk",
  "skip",
  "retry",
];
