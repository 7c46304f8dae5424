/** The job types of a pipeline: how its runs, its step executions and its chunks are run by a worker. */
import type { Engine } from "../job/engine.ts";
import type { Handler } from "../job/registry.ts";
import type { RetryPolicy } from "../model/retry.ts";
import { coordinate } from "./coordinator/coordinate.ts";
import type { PipelineDefinition } from "./pipeline/pipeline-definition.ts";
import type { StepDefinition } from "./pipeline/step-definition.ts";
import { RunLooks } from "./run/run-looks.ts";
import type { RunParts } from "./run/run-parts.ts";
import { StepFailed } from "./run/step-error.ts";
import { type ChunkPayload, jobNames, type RunPayload, type StepPayload } from "./run-jobs.ts";
import { handleChunk } from "./steps/chunk-handling.ts";
import { runChunkLoop } from "./steps/chunk-loop.ts";
import { executionOf } from "./steps/execution.ts";
import { OpenReaders } from "./steps/open-readers.ts";
import { runTask } from "./steps/run-task.ts";

/** What the handlers need of an engine. */
type RunEngine = Pick<Engine, "store" | "timing" | "onError" | "memory">;

/** Outlasts any trouble with the store; when the user's own code has failed for good is decided by the batch layer. */
const COORDINATOR_RETRY: RetryPolicy = Object.freeze({
  maxAttempts: 1_000,
  initialMs: 1_000,
  multiplier: 2,
  maxMs: 30_000,
  jitter: "full",
});

/** The handlers. */
export function handlersOf(definition: PipelineDefinition, engine: RunEngine): readonly Handler[] {
  const { store, timing, onError, memory } = engine;
  const looks = new RunLooks(definition, { store, timing });
  const parts: RunParts = { definition, store, timing, onError, memory, looks, readers: new OpenReaders() };
  const names = jobNames(definition.name);
  const common = { queue: definition.queue, retry: COORDINATOR_RETRY };
  return [
    {
      ...common,
      name: names.coordinator,
      run: (payload, ctx) => coordinate(parts, payload as RunPayload, ctx), // made by coordinatorJob
    },
    bySteps(parts, { ...common, name: names.step, close: () => parts.readers.close() }, stepHandler),
    bySteps(parts, { ...common, name: names.chunk }, chunkHandler),
  ];
}

type Base = Omit<Handler, "run">;

/** A handler whose jobs are run as their step says. */
function bySteps(
  parts: RunParts,
  base: Base,
  of: (parts: RunParts, base: Base, step: StepDefinition) => Handler,
): Handler {
  const handlers = new Map(parts.definition.steps.map((step) => [step.name, of(parts, base, step)]));
  const forPayload = (payload: unknown): Handler => {
    const { step } = executionOf(parts.definition, (payload as StepPayload).step); // made by stepJob or chunkJob
    return handlers.get(step.name) ?? handler;
  };
  const handler: Handler = {
    ...base,
    forPayload,
    run: (payload, ctx) => forPayload(payload).run(payload, ctx),
  };
  return handler;
}

function stepHandler(parts: RunParts, base: Base, { work }: StepDefinition): Handler {
  const executionFor = (payload: unknown) => executionOf(parts.definition, (payload as StepPayload).step); // made by stepJob
  if (work.kind === "task") {
    const { task } = work;
    return {
      ...base,
      ...{ retry: task.retry, timeoutMs: task.timeoutMs },
      run: (payload, ctx) => runTask(parts, { execution: executionFor(payload), task }, ctx),
    };
  }
  return {
    ...base,
    retry: {
      ...COORDINATOR_RETRY,
      retryIf: (error: unknown) => !(error instanceof StepFailed),
    } as Handler["retry"],
    run: (payload, ctx) =>
      runChunkLoop(parts, { execution: executionFor(payload), chunks: work.chunks }, ctx),
  };
}

function chunkHandler(parts: RunParts, base: Base, { work }: StepDefinition): Handler {
  return {
    ...base,
    ...(work.kind === "chunks" && { retry: work.chunks.retry, timeoutMs: work.chunks.timeoutMs }),
    run: (payload, ctx) => {
      const chunk = payload as ChunkPayload; // made by chunkJob
      const execution = executionOf(parts.definition, chunk.step);
      if (work.kind !== "chunks") throw new TypeError(`step "${chunk.step}" has no chunks`);
      return handleChunk(parts, { execution, chunks: work.chunks, chunk }, ctx);
    },
  };
}
