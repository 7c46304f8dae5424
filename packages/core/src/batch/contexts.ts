/** What the functions of a run's steps are given beside their items. */
import type { JobLog } from "../job/report.ts";
import type { JobId, RunId, Token } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { ItemOutcome } from "../model/settlement.ts";
import type { Transaction } from "../store/call.ts";

/** Values kept under keys: of a run or of one of its steps. */
export interface ReadonlyValues {
  /** `undefined` where nothing was set. The type is the caller's word. */
  get<Value = Json>(key: string): Value | undefined;
}

/** The same, with a way to set them; what is set is kept once the write it belongs to is. */
export interface ContextValues extends ReadonlyValues {
  /** @throws MillraceError `not-serialisable`, `too-large` for a value JSON cannot hold. */
  set(key: string, value: unknown): void;
}

/** The run a step belongs to, with its context: what ended steps have set in it, in the order of their definition. */
export interface RunContext extends ContextValues {
  readonly id: RunId;
  /** Empty for the default tenant. */
  readonly tenant: string;
}

/** A partition as its step's functions see it. */
export interface Partition<Context = Json> {
  readonly name: string;
  /** What the partitioner gave under this name. */
  readonly context: Context;
}

/** What every function of a step is given. */
export interface StepContext<Params, Part = undefined> {
  /** The run's parameters, as their schema gives them. */
  readonly params: Params;
  /** Fires when the work must stop: time-out, cancel, end of the shutdown's patience, lost lease. */
  readonly signal: AbortSignal;
  /** The partition worked on, in a partitioned step; `undefined` in others. */
  readonly partition: Part;
}

/** What a reader gets. */
export interface ReadContext<Params, Steps = unknown, Part = undefined> extends StepContext<Params, Part> {
  /** Where the last item whose chunk was spawned stands; read on behind it. Absent at the start. */
  readonly cursor: string | undefined;
  /** Results of the steps before. */
  readonly steps: Steps;
  /** What is set is kept when the step has ended. */
  readonly run: RunContext;
  /** What is set is committed with the items read since the last commit, and is there again after a restart. */
  readonly step: ContextValues;
  /** Adds to a counter of the step, committed with the items read since the last commit. */
  count(name: string, amount: number): void;
  /**
   * Says how many items there are in all, those before the cursor among them: progress shows it, and the time left, until
   * the reader has come to its end. May be said again. @throws MillraceError `bad-usage` for what is no number of items.
   */
  total(items: number): void;
}

/** What the functions of a chunk get: as they were when the chunk's worker last looked. */
export interface ChunkContext<Params, Part = undefined> extends StepContext<Params, Part> {
  readonly run: ReadonlyValues & Pick<RunContext, "id" | "tenant">;
  /** The chunk's job: the same in every attempt of a chunk. */
  readonly chunk: JobId;
  /** Grows with every claim of the chunk: lets other systems refuse what an earlier holder sends late. */
  readonly fence: Token;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  /** Of the chunk's job. */
  readonly log: JobLog;
}

/** What a processor gets beside the item. */
export interface ProcessContext<Params, Prepared = undefined, Part = undefined>
  extends ChunkContext<Params, Part> {
  /** What `prepare` gave for the chunk. */
  readonly prepared: Prepared;
  /** Ends the item as skipped, whatever the step's policy says of failures; it counts toward the step's limit. */
  skip(reason: string): never;
}

/** What a writer gets beside the outputs. */
export interface WriteContext<Params, Part = undefined> extends ChunkContext<Params, Part> {
  /** The transaction the outputs' ledger rows commit in, where the store has one. */
  readonly transaction: Transaction | undefined;
  /** Where the outputs' items stand among those of the chunk, from 0, in the order of the outputs. */
  readonly positions: readonly number[];
}

/** Whose outputs are taken back. */
export interface UndoContext {
  readonly run: Pick<RunContext, "id">;
  readonly chunk: JobId;
  /** Above that of every attempt whose outputs they are, or that attempt's own. */
  readonly fence: Token;
  readonly signal: AbortSignal;
}

/** The ledger of one chunk step of the run. */
export interface StepLedger {
  /** Which of these keys it holds, at most 10,000. */
  seen(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** The items that failed for good, in order of their keys. */
  failures(): AsyncIterable<ItemOutcome>;
}

/** What a task's function gets as `ctx`. */
export interface TaskContext<Params, Part = undefined> extends StepContext<Params, Part> {
  /** What is set is kept when the step has ended well. */
  readonly run: RunContext;
  /** What is set is kept when the step has ended well, and is there again when it runs once more. */
  readonly step: ContextValues;
  /** The one this task runs in, of a task with `transactional: true`; its effects and the step's end are one commit. */
  readonly transaction: Transaction | undefined;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  /** Grows with every claim of the step's job. */
  readonly fence: Token;
  /** Of the step's job. */
  readonly log: JobLog;
  /**
   * The ledger of a chunk step of this run (of a partition: `name/partition`).
   * @throws MillraceError `not-found` for a step the pipeline does not have.
   */
  ledger(step: string): StepLedger;
}

/** What a condition, a partitioner or the source of `each` gets as `ctx`. */
export interface PlanContext<Params> {
  readonly params: Params;
  readonly signal: AbortSignal;
  readonly run: ReadonlyValues & Pick<RunContext, "id" | "tenant">;
}
