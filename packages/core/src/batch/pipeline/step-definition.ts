/** Steps as a pipeline keeps them: checked, with every default filled in and their types closed over. */
import type { DefinedRetryPolicy } from "../../model/retry.ts";
import type { ChunkStep } from "../chunk-step.ts";
import type { StepInput } from "../definition.ts";
import type { Partitions, TaskRun } from "./step-options.ts";

/** A step of a pipeline. */
export interface StepDefinition {
  readonly name: string;
  readonly alwaysRun: boolean;
  readonly startLimit: number | undefined;
  readonly when: ((at: StepInput<unknown, unknown>) => boolean | Promise<boolean>) | undefined;
  readonly work: StepWork;
  /** Of a partitioned step, whose work is done once for each partition. */
  readonly partitioner: Partitioner | undefined;
}

/** What one execution of a step does. */
export type StepWork =
  | { readonly kind: "task"; readonly task: TaskStep }
  | { readonly kind: "chunks"; readonly chunks: ChunkStep };

/** A function that runs once. */
export interface TaskStep {
  readonly run: TaskRun<unknown, unknown, unknown, unknown>;
  readonly retry: DefinedRetryPolicy;
  readonly timeoutMs: number | undefined;
  readonly transactional: boolean;
  readonly maxRescues: number;
}

/** What cuts a step into partitions. */
export interface Partitioner {
  readonly partitions: (
    at: StepInput<unknown, unknown>,
  ) => Partitions<unknown> | Promise<Partitions<unknown>>;
  readonly concurrency: number;
}
