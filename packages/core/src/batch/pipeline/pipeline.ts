/** Pipelines as values: ordered steps under a name, each added by a call that gives a new pipeline. */

import type { Control } from "../../job/control.ts";
import type { Engine, Registrable } from "../../job/engine.ts";
import type { Priority } from "../../model/job.ts";
import type { ChunkOptions, CopyOptions } from "../definition.ts";
import type {
  ChunkPartition,
  CopyPartition,
  EachOptions,
  EachProcess,
  EachSource,
  TaskOptions,
  TaskPartition,
  TaskRun,
} from "./step-options.ts";

/** What a chunk step gives to the steps after it: its counters. Those of its reader and its outputs are among them. */
export interface ChunkResult extends Readonly<Record<string, number>> {
  readonly read: number;
  readonly filtered: number;
  readonly processed: number;
  readonly written: number;
  readonly skipped: number;
  readonly failed: number;
  readonly retried: number;
}

/** What a task gives: controls are not results. */
export type TaskResult<Returned> = Exclude<Awaited<Returned>, Control>;

/** Results of steps with one more. */
export type With<Steps, Name extends string, Result> = {
  readonly [K in keyof Steps | Name]: K extends Name ? Result : K extends keyof Steps ? Steps[K] : never;
};

/** The part of a pipeline that starting a run takes. */
export interface Startable<Input> {
  readonly name: string;
  /** In types only: what starting a run takes. */
  readonly types?: { readonly input: Input };
}

/**
 * A pipeline, or a batch: two words, one machine. Immutable; list it in `createMillrace.jobs` to have workers run it.
 * `Input` is what `start` takes, `Parsed` what its schema makes of it, `Steps` what each step gives to those after it.
 */
export interface Pipeline<Input, Steps = unknown, Parsed = Input> extends Registrable, Startable<Input> {
  readonly queue: string;
  /** The class of its chunks; run and step jobs go before them. */
  readonly priority: Priority;
  readonly version: string | undefined;
  /** In order. */
  readonly stepNames: readonly string[];
  /** In types only: what starting a run takes, and what each step gives to those after it. */
  readonly types?: { readonly input: Input; readonly steps: Steps };
  /** Slots that its chunks or partitions need to be worked on as its steps say, beside the run's and the step's own job. */
  readonly concurrency: number;
  register(engine: Pick<Engine, "store" | "registry" | "timing" | "onError" | "memory">): void;

  /**
   * Adds a step: a task, a function that runs once, or a chunk step, a reader with a processor and a writer.
   * @throws MillraceError `bad-config` naming the option and the bad value, also for a name that is taken.
   */
  step<const Name extends string, Returned>(
    name: Name,
    run: TaskRun<Parsed, Steps, Returned>,
    options?: TaskOptions<Parsed, Steps>,
  ): Pipeline<Input, With<Steps, Name, TaskResult<Returned>>, Parsed>;
  step<const Name extends string, Item>(
    name: Name,
    options: CopyOptions<Parsed, Item, Steps>,
  ): Pipeline<Input, With<Steps, Name, ChunkResult>, Parsed>;
  step<const Name extends string, Item, Prepared = undefined, Output = Item>(
    name: Name,
    options: ChunkOptions<Parsed, Item, Prepared, Output, Steps>,
  ): Pipeline<Input, With<Steps, Name, ChunkResult>, Parsed>;

  /**
   * Adds a fan-out: a function called for each element of an array, on all workers. Its result is the array of outputs,
   * in order, without those of elements that failed or gave `null`. @throws as `step`.
   */
  each<const Name extends string, Item, Output>(
    name: Name,
    items: EachSource<Parsed, Steps, Item>,
    process: EachProcess<Parsed, NoInfer<Item>, Output>,
    options?: EachOptions<Parsed, NoInfer<Item>, Steps>,
  ): Pipeline<Input, With<Steps, Name, readonly Output[]>, Parsed>;

  /**
   * Adds a step that runs once for each partition, each an execution of its own: a restart runs only those that have not
   * completed. Its result has each partition's under its name. @throws as `step`.
   */
  partition<const Name extends string, Context, Returned>(
    name: Name,
    options: TaskPartition<Parsed, Steps, Context, Returned>,
  ): Pipeline<Input, With<Steps, Name, Readonly<Record<string, TaskResult<Returned>>>>, Parsed>;
  partition<const Name extends string, Context, Item>(
    name: Name,
    options: CopyPartition<Parsed, Steps, Context, Item>,
  ): Pipeline<Input, With<Steps, Name, Readonly<Record<string, ChunkResult>>>, Parsed>;
  partition<const Name extends string, Context, Item, Prepared = undefined, Output = Item>(
    name: Name,
    options: ChunkPartition<Parsed, Steps, Context, Item, Prepared, Output>,
  ): Pipeline<Input, With<Steps, Name, Readonly<Record<string, ChunkResult>>>, Parsed>;

  /** Applies a step factory: a function from a pipeline to one with more steps. */
  with<Next>(factory: (pipeline: this) => Next): Next;
}
