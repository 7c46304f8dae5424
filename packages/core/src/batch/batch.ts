/** A batch as the engine runs it: its two job types, and how a run of it is opened. */
import type { Engine, Registrable } from "../job/engine.ts";
import type { Handler } from "../job/registry.ts";
import { newId, type RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { encodeJson, type Json } from "../model/json.ts";
import type { NewRun } from "../model/run.ts";
import type { Store } from "../store/store.ts";
import { runChunk } from "./chunk.ts";
import type { ChunkRules, ChunkWork } from "./chunk-work.ts";
import { COORDINATOR_RETRY, coordinate } from "./coordinator.ts";
import type { BatchDefinition, ChunkStep } from "./one-step.ts";
import { OpenReaders } from "./open-readers.ts";
import {
  CHUNK_PRIORITY,
  type ChunkPayload,
  chunkJob,
  coordinatorJob,
  jobNames,
  type RunPayload,
} from "./run-jobs.ts";

/** A batch whose item types are closed over; what {@link defineBatch} gives. */
export interface Batch<Params> extends Registrable {
  readonly name: string;
  readonly stepName: string;
  /** Chunks that run at once in one worker, beside the coordinator. */
  readonly concurrency: number;
  readonly queue: string;
  /** The job types a worker needs to run it. */
  handlers(store: Store): readonly Handler[];
  /** What `startRun` takes for these parameters. */
  newRun(params: Params, tenant: string): { readonly run: NewRun; readonly coordinator: NewJob };
}

/** Makes a batch of its definition. */
export function defineBatch<Params, Item, Prepared, Output>(
  definition: BatchDefinition<Params, Item, Prepared, Output>,
): Batch<Params> {
  const handlers = (store: Store): readonly Handler[] => [
    coordinatorHandler(definition, store),
    chunkHandler(definition, store),
  ];
  return Object.freeze({
    name: definition.name,
    stepName: definition.stepName,
    queue: definition.queue,
    concurrency: definition.step.concurrency,
    register: ({ registry, store }: Engine) => {
      for (const handler of handlers(store)) registry.add(handler);
    },
    newRun: (params: Params, tenant: string) => newRun(definition, params, tenant),
    handlers,
  });
}

function newRun<Params, Item, Prepared, Output>(
  definition: BatchDefinition<Params, Item, Prepared, Output>,
  params: Params,
  tenant: string,
): { readonly run: NewRun; readonly coordinator: NewJob } {
  const id = newId<RunId>();
  const text = encodeJson(params, `${definition.name} parameters`);
  const payload: RunPayload = { params: JSON.parse(text) as Json }; // what encodeJson wrote
  return {
    run: {
      id,
      definition: definition.name,
      instance: definition.instance(params),
      rerun: definition.rerun,
      tenant,
      params: text,
      queue: definition.queue,
      priority: CHUNK_PRIORITY,
    },
    coordinator: coordinatorJob(definition, payload, { run: id, tenant }),
  };
}

function coordinatorHandler<Params, Item, Prepared, Output>(
  definition: BatchDefinition<Params, Item, Prepared, Output>,
  store: Store,
): Handler {
  const readers = new OpenReaders();
  return {
    name: jobNames(definition).coordinator,
    queue: definition.queue,
    retry: COORDINATOR_RETRY,
    close: () => readers.close(),
    run: (payload, ctx) => {
      const { params } = payload as RunPayload; // made by newRun
      const { tenant } = ctx.job;
      return coordinate(
        {
          definition,
          params: params as Params, // newRun's parameters, as JSON gives them back
          store,
          readers,
          chunkJob: (items, run) => {
            const chunk: ChunkPayload = { params, items: items as readonly Json[] }; // checked by chunkJob
            return chunkJob(definition, chunk, { run, tenant });
          },
        },
        ctx,
      );
    },
  };
}

function chunkHandler<Params, Item, Prepared, Output>(
  definition: BatchDefinition<Params, Item, Prepared, Output>,
  store: Store,
): Handler {
  const rules = rulesOf(definition.step);
  return {
    name: jobNames(definition).chunk,
    queue: definition.queue,
    retry: definition.step.retry,
    run: (payload, ctx) => {
      const chunk = payload as ChunkPayload; // made by chunkJob
      const { run } = ctx.job;
      if (run === undefined) throw new TypeError(`chunk ${ctx.job.id} belongs to no run`);
      const params = chunk.params as Params; // the run's parameters, as JSON gives them back
      const items = chunk.items as readonly Item[]; // the reader's items, likewise
      const work: ChunkWork = {
        rules,
        store,
        step: { run, step: definition.stepName },
        items,
        keyOf: (position) => definition.step.key(items[position] as Item),
        context: { params } as unknown as ChunkWork["context"], // all that the old form looks at
        isRetry: false,
        notices: {},
        nowMs: () => performance.now(),
      };
      return runChunk(work, ctx);
    },
  };
}

/** The old form's step as chunks know one, until pipelines are run. */
function rulesOf<Params, Item, Prepared, Output>(
  step: ChunkStep<Params, Item, Prepared, Output>,
): ChunkRules {
  const { transactional = true, keepsOutputs = false, itemsAtOnce = 1, ledger = "all" } = step;
  const { skipLimit = 0, skip = () => true, outputWeight = () => 1, tally = () => ({}) } = step;
  const rules = {
    ...step,
    ...{ transactional, keepsOutputs, itemsAtOnce, ledger, skipLimit, skip, outputWeight, tally },
    prepare: (items: readonly Item[], context: { readonly params: Params }) =>
      step.prepare(items, context.params),
    failed: step.failed,
    chunkSize: { min: step.chunkSize, max: step.chunkSize },
  };
  return rules as unknown as ChunkRules; // it meets only items and outputs of its own
}
