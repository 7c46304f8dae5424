/** A batch over whole numbers, every part of which a test can replace, and what running it takes. */

import type { RunId } from "../model/ids.ts";
import { isFinishedRun, type RunRow } from "../model/run.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { Scene } from "../testing/scene.fixture.ts";
import type { ReadContext } from "./contexts.ts";
import type { ChunkOptions } from "./definition.ts";
import { defineBatch, type PipelineOptions } from "./pipeline/define-pipeline.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import type { TaskRun } from "./pipeline/step-options.ts";
import type { RunHandle, RunView } from "./run/run-handle.ts";

/** Numbers from 1 to `upTo`. */
export interface Range {
  readonly name?: string;
  readonly upTo: number;
}

export type NumberStep = ChunkOptions<Range, number, undefined, number>;

/** What of the batch, beside its step, a test may replace. */
export interface NumberBatch extends Partial<PipelineOptions<Range>> {
  /** A task behind the step. */
  readonly finish?: TaskRun<Range, unknown, unknown>;
}

export const STEP = "numbers";

/** The key of a number: sorts as the number does. */
export function keyOf(number: number): string {
  return String(number).padStart(6, "0");
}

/** The numbers behind the cursor. */
export async function* numbers({
  params,
  cursor,
}: Pick<ReadContext<Range>, "params" | "cursor">): AsyncGenerator<number> {
  for (let number = Number(cursor ?? 0) + 1; number <= params.upTo; number += 1) yield number;
}

/** The batch; `written` gets what it writes, in order. */
export function numbersBatch(
  step: Partial<NumberStep> = {},
  { finish, ...options }: NumberBatch = {},
): { readonly batch: Pipeline<Range>; readonly written: number[] } {
  const written: number[] = [];
  const chunks: NumberStep = {
    read: numbers,
    cursor: keyOf,
    key: keyOf,
    process: async (number) => number,
    write: async (outputs) => void written.push(...outputs),
    chunkSize: 5,
    chunkWeight: 1_000,
    concurrency: 2,
    commit: { items: 3, weight: 1_000 },
    retry: { maxAttempts: 3, initial: 100, multiplier: 2, max: 1_000, jitter: "none" },
    ...step,
  };
  const batch = defineBatch<Range>({ name: "count", queue: "counting", ...options }).step(STEP, chunks);
  return { batch: finish === undefined ? batch : batch.step("finish", finish), written };
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

/** Moves time until this has ended: what a store call in trouble waits for is time, however much of it. */
export async function passing({ time }: Scene<readonly []>, ending: Promise<void>): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  ending.then(over, over);
  await time.settle();
  while (!isOver) await time.advance(1_000);
  await ending;
}

/** Starts a run of the batch and works on it to its end. */
export async function runThrough(
  of: Scene<readonly []>,
  batch: Pipeline<Range>,
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
