/** The batch of the rules: whole numbers, each with a fate; its effects are jobs of the store, in the same transaction. */

import {
  type ChunkOptions,
  ClassedError,
  defineBatch,
  definePipeline,
  Filtered,
  type JobId,
  type NewJob,
  newId,
  openEnvelope,
  type Pipeline,
  type PipelineOptions,
  type ReadContext,
  type RunId,
  type RunRow,
  type Store,
  sealEnvelope,
  type TaskRun,
} from "@millrace/core";
import type { BatchScene } from "./batch-scene.ts";

/** Parameters: the numbers from 1 to `upTo`. */
export interface Range {
  readonly upTo: number;
  readonly name?: string;
}

export type NumberStep = ChunkOptions<Range, number, undefined, number>;

/** What a rule may replace. */
export interface NumbersOptions {
  readonly step?: Partial<NumberStep>;
  readonly definition?: Partial<PipelineOptions<Range>>;
  /** The task behind the step. */
  readonly finish?: TaskRun<Range, unknown, unknown>;
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

/** The chunk step as a process on this store runs it. */
function numberStep(store: Store, step: Partial<NumberStep> = {}): NumberStep {
  return {
    read: numbers,
    cursor: keyOf,
    key: keyOf,
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
    retry: { maxAttempts: 3, initial: 100, multiplier: 2, max: 1_000, jitter: "none" },
    ...step,
  };
}

/** The batch as a process on this store runs it: the chunk step, and a task that looks at its ledger. */
export function numbersBatch(
  store: Store,
  { step, definition, finish }: NumbersOptions = {},
): Pipeline<Range> {
  return defineBatch<Range>({ name: "count", queue: "counting", ...definition })
    .step(STEP, numberStep(store, step))
    .step(
      "finish",
      finish ?? (async ({ ctx }) => ({ seen: (await ctx.ledger(STEP).seen([1, 2, 3].map(keyOf))).size })),
    );
}

/**
 * A pipeline of every kind of step: a task whose effect and end are one commit where the store has transactions, the
 * chunk step, a task for each partition of what it wrote, and the task that looks at its ledger.
 */
export function numbersPipeline(
  store: Store,
  { step, finish, definition }: NumbersOptions = {},
): Pipeline<Range> {
  const transactional = store.capabilities.transactions !== undefined;
  return definePipeline<Range>({ name: "count", queue: "counting", ...definition })
    .step(
      "init",
      async ({ ctx }) => {
        ctx.run.set("base", BASE);
        await store.enqueue([effectOf(BASE, transactional)], { transaction: ctx.transaction });
      },
      { transactional },
    )
    .step(STEP, numberStep(store, step))
    .partition("halves", {
      partitions: ({ steps }) => ({ even: steps[STEP].written, odd: steps[STEP].written }),
      concurrency: 1,
      transactional,
      step: async ({ ctx }) => {
        const { name, context } = ctx.partition;
        const number = BASE + (name === "odd" ? 1 : 2);
        await store.enqueue([effectOf(number, transactional)], { transaction: ctx.transaction });
        return [name, context, ctx.run.get("base")];
      },
    })
    .step("finish", finish ?? (({ steps }) => ({ halves: steps.halves as never })));
}

/** The first number of effects that are no item's. */
const BASE = 900;

/** A new id each time where a transaction is to keep it from happening twice, else one that shows it is the same. */
export function effectOf(number: number, isNew: boolean): NewJob {
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
  };
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
  const steps = await scene.store.steps({ run: id }, { limit: 1_000 });
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
    steps: steps.rows.map(({ step, state: its, starts, detail }) => [step, its, starts, meantBy(detail)]),
  };
}

/** Of what a step's row keeps, what two runs alike have in common. */
function meantBy(detail: string): unknown {
  const { job: _job, rate: _rate, ...meant } = JSON.parse(detail) as Record<string, unknown>; // written by the batch layer
  return meant;
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
