/** A batch over whole numbers, every part of which a test can replace, and what running it takes. */

import type { RunId } from "../model/ids.ts";
import { isFinishedRun, type RunRow } from "../model/run.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { Scene } from "../testing/scene.fixture.ts";
import { type Batch, defineBatch } from "./batch.ts";
import type { BatchDefinition, ChunkStep, ReadContext } from "./one-step.ts";
import type { RunHandle, RunView } from "./run-handle.ts";

/** Numbers from 1 to `upTo`. */
export interface Range {
  readonly name?: string;
  readonly upTo: number;
}

export type NumberStep = ChunkStep<Range, number, undefined, number>;
export type NumberBatch = BatchDefinition<Range, number, undefined, number>;

export const STEP = "numbers";

/** The key of a number: sorts as the number does. */
export function keyOf(number: number): string {
  return String(number).padStart(6, "0");
}

/** The numbers behind the cursor. */
export async function* numbers({ params, cursor }: ReadContext<Range>): AsyncGenerator<number> {
  for (let number = Number(cursor ?? 0) + 1; number <= params.upTo; number += 1) yield number;
}

/** The batch; `written` gets what it writes, in order. */
export function numbersBatch(
  step: Partial<NumberStep> = {},
  definition: Partial<Omit<NumberBatch, "step">> = {},
): { readonly batch: Batch<Range>; readonly written: number[] } {
  const written: number[] = [];
  const batch = defineBatch<Range, number, undefined, number>({
    name: "count",
    queue: "counting",
    stepName: STEP,
    instance: ({ name }) => name ?? "one",
    rerun: false,
    maxRescues: 3,
    ...definition,
    step: {
      read: numbers,
      cursor: keyOf,
      key: keyOf,
      prepare: async () => undefined,
      process: async (number) => number,
      write: async (outputs) => void written.push(...outputs),
      chunkSize: 5,
      chunkWeight: 1_000,
      concurrency: 2,
      commit: { items: 3, weight: 1_000 },
      retry: { maxAttempts: 3, initialMs: 100, multiplier: 2, maxMs: 1_000, jitter: "none" },
      ...step,
    },
  });
  return { batch, written };
}

/** Moves time until the run has ended, for at most an hour of it. */
export async function ended(of: Scene<readonly []>, view: RunView): Promise<RunRow> {
  for (let step = 0; step < 3_600; step += 1) {
    const row = await view.row();
    if (isFinishedRun(row.state)) return row;
    await of.time.advance(1_000);
  }
  throw new Error(`run ${view.id} does not end`);
}

/** Starts a run of the batch and works on it to its end. */
export async function runThrough(
  of: Scene<readonly []>,
  batch: Batch<Range>,
  range: Range,
): Promise<RunRow & { readonly handle: RunHandle }> {
  const handle = await of.mr.start(batch, range);
  const worker = of.mr.worker();
  const row = await ended(of, handle);
  await of.time.settle();
  void worker.stop();
  await worker.stop();
  return { ...row, handle };
}

/** The run's whole ledger, by key. */
export async function ledger(
  { store }: Pick<Scene<readonly []>, "store">,
  run: RunId,
): Promise<readonly ItemRow[]> {
  return (await store.items({ run, step: STEP }, { limit: 100_000 })).rows;
}
