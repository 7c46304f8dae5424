/** The job types of a pipeline: how its runs, its step executions and its chunks are run by a worker. */
import type { Engine } from "../job/engine.ts";
import type { Handler } from "../job/registry.ts";
import type { DefinedRetryPolicy, RetryPolicy } from "../model/retry.ts";
import { coordinate } from "./coordinator/coordinate.ts";
import type { PipelineDefinition } from "./pipeline/pipeline-definition.ts";
import { elsewhere } from "./run/elsewhere.ts";
import { RunLooks } from "./run/run-looks.ts";
import type { RunParts } from "./run/run-parts.ts";
import { StepFailed } from "./run/step-error.ts";
import { type ChunkPayload, jobNames, type RunPayload, type StepPayload } from "./run-jobs.ts";
import { handleChunk } from "./steps/chunk-handling.ts";
import { runChunkLoop } from "./steps/chunk-loop.ts";
import { type Execution, executionOf } from "./steps/execution.ts";
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
/** A chunk loop says by itself when its step has failed. */
const LOOP_RETRY: DefinedRetryPolicy = Object.freeze({
  ...COORDINATOR_RETRY,
  retryIf: (error: unknown) => !(error instanceof StepFailed),
});

/** The handlers. */
export function handlersOf(definition: PipelineDefinition, engine: RunEngine): readonly Handler[] {
  const { store, timing, onError, memory } = engine;
  const looks = new RunLooks(definition, { store, timing });
  const readers = new OpenReaders({ timing, store });
  const parts: RunParts = { definition, store, timing, onError, memory, looks, readers };
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
  of: (parts: RunParts, base: Base, execution: Execution) => Handler,
): Handler {
  const forPayload = (payload: unknown): Handler =>
    of(parts, base, executionOf(parts.definition, (payload as StepPayload).step)); // made by stepJob or chunkJob
  return { ...base, forPayload, run: (payload, ctx) => forPayload(payload).run(payload, ctx) };
}

function stepHandler(parts: RunParts, base: Base, execution: Execution): Handler {
  const { work } = execution.step;
  if (work.kind === "task") {
    const { task } = work;
    return {
      ...base,
      ...{ retry: task.retry, timeoutMs: task.timeoutMs },
      run: (_payload, ctx) => runTask(parts, { execution, task }, ctx),
    };
  }
  return {
    ...base,
    retry: LOOP_RETRY,
    run: (_payload, ctx) => runChunkLoop(parts, { execution, chunks: work.chunks }, ctx),
  };
}

function chunkHandler(parts: RunParts, base: Base, execution: Execution): Handler {
  const { step } = execution;
  if (step.work.kind !== "chunks") {
    throw elsewhere(
      `"${parts.definition.name}" has no chunk step "${step.name}" in this program; start one that has`,
    );
  }
  const { chunks } = step.work;
  return {
    ...base,
    ...{ retry: chunks.retry, timeoutMs: chunks.timeoutMs },
    run: (payload, ctx) => handleChunk(parts, { execution, chunks, chunk: payload as ChunkPayload }, ctx), // made by chunkJob
  };
}
