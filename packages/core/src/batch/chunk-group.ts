/** Endings of a chunk's items, gathered until they are worth a commit. */
import type { Control } from "../job/control.ts";
import { isStoreFailure } from "../store/failure.ts";
import { BadItem } from "./bad-item.ts";
import type { RunningChunk } from "./chunk-end.ts";
import { isWorthRetrying } from "./chunk-work.ts";
import { type Conclusion, commitGroup, type Postponed } from "./commit-group.ts";
import { type Ending, failedEnding } from "./ending.ts";
import type { Processed } from "./process-items.ts";
import { isTimeUp } from "./time-up.ts";

/** The group that an attempt fills next, and what has become of those before. */
export class ChunkGroup {
  readonly postponed: Postponed[] = [];
  /** Places of items that were being written when the attempt's time was up, and are not. */
  readonly late: number[] = [];
  readonly #chunk: RunningChunk;
  readonly #size: number;
  #endings: Ending[] = [];
  #writing: readonly Ending[] = [];
  #weight = 0;
  #taken = 0;

  /** `size`: how many items the attempt has. */
  constructor(chunk: RunningChunk, size: number) {
    this.#chunk = chunk;
    this.#size = size;
  }

  /** Takes the next; a promise where the group is full and not the last one. */
  take(processed: Processed): Promise<unknown> | undefined {
    this.#taken += 1;
    const ending = this.#ending(processed);
    if (ending === undefined) return undefined;
    const { commit, outputWeight } = this.#chunk.work.rules;
    this.#endings.push(ending);
    if (ending.kind === "output") this.#weight += outputWeight(ending.output);
    const isFull = this.#endings.length >= commit.items || this.#weight >= commit.weight;
    const waits = this.#taken === this.#size || isTimeUp(this.#chunk.signal);
    return isFull && !waits ? this.#unlessLate(() => this.#commit(this.#chunk)) : undefined;
  }

  /** Commits the last group; with the attempt's end, where all items are settled by that. */
  end(conclusion: Conclusion): Promise<Control | undefined> {
    return this.#unlessLate(() => this.#commit(this.#chunk, conclusion));
  }

  /** Commits what was processed before the attempt's time was up, by a signal that has not fired. */
  finish(signal: AbortSignal): Promise<unknown> {
    return this.#commit({ ...this.#chunk, signal });
  }

  #ending(processed: Processed): Ending | undefined {
    if (processed.kind !== "error") return processed;
    const { work, ctx, measures } = this.#chunk;
    const { position, error } = processed;
    // What the reader says of an item is nothing that a smaller chunk would mend.
    if (work.items[position] instanceof BadItem)
      return failedEnding(work, position, { error, stage: "read" });
    measures.note(error);
    if (!isWorthRetrying(work, ctx, error)) return failedEnding(work, position, { error, stage: "process" });
    this.postponed.push({ position, error });
    return undefined;
  }

  async #commit(chunk: RunningChunk, conclusion?: Conclusion): Promise<Control | undefined> {
    const endings = this.#endings;
    this.#endings = [];
    this.#weight = 0;
    const whole = this.postponed.length === 0 ? conclusion : undefined;
    this.#writing = endings;
    const { postponed, control } = await chunk.underway.during("a write", () =>
      commitGroup(chunk, endings, whole),
    );
    this.#writing = [];
    this.postponed.push(...postponed);
    return control;
  }

  /** What a write is told to stop for the time-out leaves is late, like an item that is. */
  async #unlessLate(commit: () => Promise<Control | undefined>): Promise<Control | undefined> {
    const { signal, settled } = this.#chunk;
    try {
      return await commit();
    } catch (error) {
      if (!isTimeUp(signal) || isStoreFailure(error)) throw error;
      const positions = this.#writing.map(({ position }) => position);
      this.late.push(...positions.filter((position) => !settled.has(position)));
      return undefined;
    }
  }
}
