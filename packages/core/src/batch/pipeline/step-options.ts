/** What tasks, fan-outs and partitions may say of themselves. */
import type { DefinitionRetryOption } from "../../client/retry-option.ts";
import type { Duration } from "../../model/duration.ts";
import type { Partition, ProcessContext, TaskContext } from "../contexts.ts";
import type {
  ChunkOptions,
  ChunkPolicy,
  CopyOptions,
  Processed,
  StepInput,
  StepRule,
} from "../definition.ts";

/** What a task's function gets. */
export interface TaskInput<Params, Steps, Part = undefined> {
  /** The run's parameters, as their schema gives them. */
  readonly input: Params;
  /** Results of the steps before. */
  readonly steps: Steps;
  readonly ctx: TaskContext<Params, Part>;
}

/** A task: what it returns, or its promise gives, is the step's result, kept as JSON. */
export type TaskRun<Params, Steps, Returned, Part = undefined> = (
  at: TaskInput<Params, Steps, Part>,
) => Returned;

/** How a task is run. */
export interface TaskPolicy {
  /** The preset `default` where left out. */
  readonly retry?: DefinitionRetryOption | undefined;
  /** Longest attempt. None where left out; 30 s of a transactional one. */
  readonly timeout?: Duration | undefined;
  /**
   * Runs each attempt in a transaction of the store, `ctx.transaction`, which also commits the step's end: its effects
   * happen exactly once. For stores with the capability `transactions`. False where left out.
   */
  readonly transactional?: boolean | undefined;
  /** Rescues from a lease held alone after which the task is given up as crashed. 3 where left out. */
  readonly maxRescues?: number | undefined;
}

/** Options of a task step. */
export interface TaskOptions<Params, Steps> extends TaskPolicy, StepRule<Params, Steps> {}

/** Options of a fan-out. */
export interface EachOptions<Params, Item, Steps>
  extends Omit<ChunkPolicy<Item>, "ledger" | "commit" | "transactional">,
    StepRule<Params, Steps> {}

/** What a fan-out runs over: an array, the same whenever it is asked for with the same input and steps. */
export type EachSource<Params, Steps, Item> = (
  at: StepInput<Params, Steps>,
) => readonly Item[] | Promise<readonly Item[]>;

/** What a fan-out does to each of them. */
export type EachProcess<Params, Item, Output> = (
  item: Item,
  context: ProcessContext<Params>,
) => Processed<Output> | Promise<Processed<Output>>;

/** Partitions by name, each with what its step's functions get as `ctx.partition.context`. */
export type Partitions<Context> = Readonly<Record<string, Context>> | ReadonlyMap<string, Context>;

/** What a partitioned step says of its partitions. */
export interface PartitionRule<Params, Steps, Context> extends StepRule<Params, Steps> {
  /** Called once at the step's start; what it gave is kept over restarts. At most 10,000. */
  partitions(at: StepInput<Params, Steps>): Partitions<Context> | Promise<Partitions<Context>>;
  /** Partitions worked on at once, over all workers. 4 where left out. */
  readonly concurrency?: number | undefined;
}

/** A step of which each partition is a task. */
export interface TaskPartition<Params, Steps, Context, Returned>
  extends PartitionRule<Params, Steps, Context>,
    TaskPolicy {
  readonly step: TaskRun<Params, Steps, Returned, Partition<NoInfer<Context>>>;
}

/** A step of which each partition is a chunk step; when it runs is said of the whole. */
export interface ChunkPartition<Params, Steps, Context, Item, Prepared, Output>
  extends PartitionRule<Params, Steps, Context> {
  readonly step: Omit<
    ChunkOptions<Params, Item, Prepared, Output, Steps, Partition<NoInfer<Context>>>,
    keyof StepRule<Params, Steps>
  >;
}

/** The same without a processor. */
export interface CopyPartition<Params, Steps, Context, Item> extends PartitionRule<Params, Steps, Context> {
  readonly step: Omit<
    CopyOptions<Params, Item, Steps, Partition<NoInfer<Context>>>,
    keyof StepRule<Params, Steps>
  >;
}
