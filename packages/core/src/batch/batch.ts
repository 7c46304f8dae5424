/** A batch as the engine runs it: its two job types, and how a run of it is opened. */

import type { Registrable } from "../job/engine.ts";
import type { Handler } from "../job/registry.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { newId, type RunId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import { encodeJson, type Json } from "../model/json.ts";
import type { NewRun } from "../model/run.ts";
import type { Store } from "../store/store.ts";
import { runChunk } from "./chunk.ts";
import { COORDINATOR_RETRY, coordinate } from "./coordinator.ts";
import type { BatchDefinition } from "./definition.ts";
import { OpenReaders } from "./open-readers.ts";

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

const COORDINATOR_RESCUES = 1_000;

/**
 * Makes a batch of its definition. A coordinator never runs user code that could take its worker down for good, so a
 * death of its worker is hardly held against it.
 */
export function defineBatch<Params, Item, Prepared, Output>(
  definition: BatchDefinition<Params, Item, Prepared, Output>,
): Batch<Params> {
  const { name, queue, stepName, step } = definition;
  const names = { coordinator: `${name}/run`, chunk: `${name}/chunk` };

  function job(
    kind: "coordinator" | "chunk",
    fields: { readonly payload: Json; readonly run: RunId; readonly tenant: string },
  ): NewJob {
    const priority: Priority = kind === "coordinator" ? "high" : "default";
    return {
      id: newId(),
      queue,
      name: names[kind],
      tenant: fields.tenant,
      priority,
      delayMs: 0,
      maxRescues: kind === "coordinator" ? COORDINATOR_RESCUES : definition.maxRescues,
      run: fields.run,
      envelope: sealEnvelope({ payload: fields.payload }),
    };
  }

  const batch: Batch<Params> = {
    name,
    stepName,
    queue,
    concurrency: step.concurrency,
    register: ({ registry, store }) => {
      for (const handler of batch.handlers(store)) registry.add(handler);
    },
    newRun: (params, tenant) => {
      const id = newId<RunId>();
      const text = encodeJson(params, `${name} parameters`);
      const payload = { params: JSON.parse(text) as Json };
      return {
        run: {
          id,
          definition: name,
          instance: definition.instance(params),
          rerun: definition.rerun,
          tenant,
          params: text,
        },
        coordinator: job("coordinator", { payload, run: id, tenant }),
      };
    },
    handlers: (store) => {
      const readers = new OpenReaders();
      return [
        {
          name: names.coordinator,
          queue,
          retry: COORDINATOR_RETRY,
          run: (payload, ctx) => {
            const { params } = payload as { readonly params: Params }; // made by newRun
            return coordinate(
              {
                definition,
                params,
                store,
                readers,
                chunkJob: (items, run) => {
                  const chunk = { params: params as Json, items: items as readonly Json[] }; // checked by encodeJson
                  encodeJson(chunk, `${name} chunk`);
                  return job("chunk", { payload: chunk, run, tenant: ctx.job.tenant });
                },
              },
              ctx,
            );
          },
        },
        {
          name: names.chunk,
          queue,
          retry: step.retry,
          run: (payload, ctx) => {
            const { params, items } = payload as { readonly params: Params; readonly items: readonly Item[] }; // made by chunkJob
            const { run } = ctx.job;
            if (run === undefined) throw new TypeError(`chunk ${ctx.job.id} belongs to no run`);
            return runChunk({ definition, params, store, items, step: { run, step: stepName } }, ctx);
          },
        },
      ];
    },
  };
  return Object.freeze(batch);
}
