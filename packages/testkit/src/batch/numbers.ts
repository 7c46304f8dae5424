/** The batch of the rules: whole numbers, each with a fate; its effects are jobs of the store, in the same transaction. */

import {
  type Batch,
  type OneStepBatch as BatchDefinition,
  type OneStep as ChunkStep,
  ClassedError,
  defineOneStepBatch as defineBatch,
  Filtered,
  type JobId,
  newId,
  openEnvelope,
  type ReadContext,
  type RunId,
  type RunRow,
  type Store,
  sealEnvelope,
} from "@millrace/core";
import type { BatchScene } from "./batch-scene.ts";

/** Parameters: the numbers from 1 to `upTo`. */
export interface Range {
  readonly upTo: number;
  readonly name?: string;
}

export type NumberStep = ChunkStep<Range, number, undefined, number>;
type NumberBatch = BatchDefinition<Range, number, undefined, number>;

/** What a rule may replace. */
export interface NumbersOptions {
  readonly step?: Partial<NumberStep>;
  readonly definition?: Partial<Omit<NumberBatch, "step">>;
}

export const STEP = "numbers";
const EFFECTS = "effects";

/** The key of a number: sorts as the number does. */
export function keyOf(number: number): string {
  return String(number).padStart(6, "0");
}

/** The numbers behind the cursor. */
export async function* numbers({
  params,
  cursor,
  count,
}: Pick<ReadContext<Range>, "params" | "cursor" | "count">): AsyncGenerator<number> {
  for (let number = Number(cursor ?? 0) + 1; number <= params.upTo; number += 1) {
    count("weighed", number);
    yield number;
  }
}

/** Every seventh number fails, every fifth is filtered. */
export function fateOf(number: number): number | Filtered {
  if (number % 7 === 0) throw new ClassedError("validation", "sevenfold", `${number} is refused`);
  return number % 5 === 0 ? new Filtered("fivefold", { left: number }) : number;
}

/** The batch as a process on this store runs it. */
export function numbersBatch(store: Store, { step, definition }: NumbersOptions = {}): Batch<Range> {
  return defineBatch<Range, number, undefined, number>({
    name: "count",
    queue: "counting",
    stepName: STEP,
    instance: ({ name }) => name ?? "one",
    rerun: false,
    maxRescues: 3,
    finish: async ({ seen }) => ({ seen: (await seen([1, 2, 3].map(keyOf))).size }),
    ...definition,
    step: {
      read: numbers,
      cursor: keyOf,
      key: keyOf,
      prepare: async () => undefined,
      process: async (number) => fateOf(number),
      tally: (number) => ({ sum: number }),
      write: async (outputs, { transaction }) => {
        await store.enqueue(
          outputs.map((number) => effectOf(number, transaction !== undefined)),
          { transaction },
        );
      },
      chunkSize: 4,
      chunkWeight: 1_000,
      concurrency: 1,
      commit: { items: 3, weight: 1_000 },
      retry: { maxAttempts: 3, initialMs: 100, multiplier: 2, maxMs: 1_000, jitter: "none" },
      ...step,
    },
  });
}

/** A new id each time where a transaction is to keep it from happening twice, else one that shows it is the same. */
function effectOf(number: number, isNew: boolean) {
  const id = isNew ? newId<JobId>() : (`00000000-0000-7000-8000-${keyOf(number).padStart(12, "0")}` as JobId);
  return {
    id,
    queue: EFFECTS,
    name: EFFECTS,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: sealEnvelope({ payload: number }),
  } as const;
}

/** The numbers written, in order; one written twice is there twice. */
export async function effects(store: Store): Promise<readonly number[]> {
  const { rows } = await store.find({ queue: EFFECTS }, { limit: 1_000 });
  return rows.map((row) => Number(openEnvelope(row.envelope).payload)).toSorted((a, b) => a - b);
}

/** All that a run leaves, without what differs between two runs alike. */
export async function outcomeOf(scene: BatchScene, id: RunId): Promise<unknown> {
  const { state, result, error, counters } = await scene.run(id);
  const { rows } = await scene.store.items({ run: id, step: STEP }, { limit: 1_000 });
  const chunks = await scene.jobs("count/chunk");
  // How often something was tried again depends on what went wrong: by its nature no part of the outcome.
  const { retried: _retried, ...counted } = counters[STEP] ?? {};
  return {
    state,
    result,
    error,
    counters: counted,
    ledger: rows.map(({ job: _job, atMs: _atMs, ...row }) => row),
    spawned: chunks.flatMap((chunk) => itemsOf(chunk.envelope)).toSorted((a, b) => a - b),
    effects: await effects(scene.store),
  };
}

function itemsOf(envelope: string): readonly number[] {
  return (openEnvelope(envelope).payload as unknown as { items: readonly number[] }).items; // made by the batch
}

/** What the ledger adds up to: to be equal to the counters, but for what the reader counts. */
export async function sums(store: Store, { id }: Pick<RunRow, "id">): Promise<Record<string, number>> {
  const { rows } = await store.items({ run: id, step: STEP }, { limit: 1_000 });
  const total: Record<string, number> = {};
  for (const { state, tally = {} } of rows) {
    for (const [name, by] of [[state, 1] as const, ...Object.entries(tally)]) {
      total[name] = (total[name] ?? 0) + by;
    }
  }
  return total;
}
