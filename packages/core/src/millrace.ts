/** The client: everything a program does with millrace starts here. */

import type { Startable } from "./batch/pipeline/pipeline.ts";
import type { RunHandle, RunView } from "./batch/run/run-handle.ts";
import type { Runs } from "./batch/run/runs.ts";
import type { StartOptions } from "./batch/run/start-run.ts";
import type { Audit } from "./client/audit.ts";
import { applyCapacities } from "./client/capacities.ts";
import type { DeadLetters } from "./client/dead.ts";
import type { JobDefinition } from "./client/define-job.ts";
import { registerAll } from "./client/definitions.ts";
import type { EnqueueManyOptions } from "./client/enqueue.ts";
import type { EnqueuedMany } from "./client/enqueue-stream.ts";
import type { EventOf, Listened, MillraceEvent } from "./client/event.ts";
import { EventReader, type FollowEventsOptions } from "./client/event-reader.ts";
import type { Workers } from "./client/explain.ts";
import type { CleanUp } from "./client/job-control.ts";
import type { EnqueuedJob, JobHandle } from "./client/job-handle.ts";
import type { Jobs } from "./client/jobs.ts";
import type { LimitControl } from "./client/limits.ts";
import { Listeners } from "./client/listeners.ts";
import type { EnqueueOptions } from "./client/new-job.ts";
import { type MigrateMode, Opener } from "./client/opener.ts";
import type { Operations } from "./client/operations.ts";
import type { Queues } from "./client/queues.ts";
import type { FiringOptions, ScheduleOptions } from "./client/schedule-options.ts";
import type { Schedules, SetSchedule } from "./client/schedules.ts";
import type { Stats } from "./client/stats.ts";
import { clientVerbs } from "./client-verbs.ts";
import type { Engine, Registrable } from "./job/engine.ts";
import { Registry } from "./job/registry.ts";
import { checkTenants, type TenantOptions } from "./job/tenants.ts";
import { type Actor, checkActor } from "./model/actor.ts";
import type { ControlNote } from "./model/control-note.ts";
import type { Explanation } from "./model/explain.ts";
import type { RunId } from "./model/ids.ts";
import { messageOf } from "./model/message-of.ts";
import { refuseUnknownKeys } from "./model/options.ts";
import { type ProgramOptions, programOf } from "./program.ts";
import { type Logger, warningLogger } from "./runtime/logger.ts";
import { processActor } from "./runtime/process-actor.ts";
import type { Random } from "./runtime/random.ts";
import { guardOnError, type OnError } from "./runtime/service.ts";
import { systemTiming, type Timing } from "./runtime/timers.ts";
import type { Transaction } from "./store/call.ts";
import type { Store } from "./store/store.ts";
import type { WorkerOptions } from "./worker/options.ts";
import type { Worker } from "./worker/worker.ts";

/** Options of {@link createMillrace}. */
export interface MillraceOptions<Definitions extends readonly Definition[]> extends ProgramOptions {
  readonly store: Store;
  /** Jobs, pipelines and batches this program may name, and run where they say how. */
  readonly jobs?: Definitions | undefined;
  /** `auto` where left out. */
  readonly migrate?: MigrateMode | undefined;
  /** Warnings go to Node's process warnings where left out. */
  readonly logger?: Logger | undefined;
  /** Told of everything that goes wrong in the background; the logger's `error` where left out. */
  readonly onError?: OnError | undefined;
  /** The machine's where left out. */
  readonly timing?: Timing | undefined;
  /** Which tenants are known, and what becomes of jobs of others; all are where left out. */
  readonly tenants?: TenantOptions | undefined;
  /** Who the audit says acts where a call does not; the process's user and machine where left out. */
  readonly actor?: Actor | undefined;
  /** What the jitter of retries is drawn from, in [0, 1); the machine's where left out. */
  readonly random?: Random | undefined;
}

/** Anything `jobs` may hold. */
export type Definition = JobDefinition | Registrable;

type Named<Definitions extends readonly Definition[]> = Extract<
  Definitions[number],
  { readonly hasRun: boolean }
>;
type OfName<Definitions extends readonly Definition[], Name> = Extract<
  Definitions[number],
  { readonly name: Name }
>;
type InputOf<D> = D extends { types?: { readonly input: infer Input } } ? Input : never;
type ResultOf<D> = D extends { types?: { readonly result: infer Result } } ? Result : never;
/** An input that may be left out where the definition takes anything. */
type InputArguments<Input> = unknown extends Input
  ? [input?: Input, options?: EnqueueOptions]
  : [input: Input, options?: EnqueueOptions];

/** Parameters that may be left out where there are none. */
type StartArguments<Input> =
  Readonly<Record<string, never>> extends Input
    ? [params?: Input, options?: StartOptions]
    : [params: Input, options?: StartOptions];

/** A job and its input, as a schedule names them. */
type Scheduled<Run, Input> = ScheduleOptions & { readonly run: Run } & (unknown extends Input
    ? { readonly input?: Input }
    : { readonly input: Input });

type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/** A client. Nothing runs, and the store is not opened, before it is needed. */
export interface Millrace<Definitions extends readonly Definition[] = readonly Definition[]> extends Engine {
  /**
   * Enqueues a job of a definition, or of one of `jobs` by name. Concurrent calls share a store call.
   * @throws MillraceError `bad-input` with the issues, `bad-config`, `not-serialisable`, `too-large`, `not-found` for
   * a name that is not among `jobs`, `duplicate` for a key another job holds (mode `reject`), `queue-full`, or what the
   * store throws.
   */
  enqueue<Name extends string, Input, Parsed, Result>(
    definition: JobDefinition<Name, Input, Parsed, Result>,
    ...rest: InputArguments<NoInfer<Input>>
  ): Promise<EnqueuedJob<Result>>;
  enqueue<Name extends Named<Definitions>["name"]>(
    name: Name,
    ...rest: InputArguments<InputOf<OfName<Definitions, Name>>>
  ): Promise<EnqueuedJob<ResultOf<OfName<Definitions, Name>>>>;
  /**
   * Enqueues one job per input of any iterable, in batches, reading no further ahead than one of them; counts duplicates.
   * @throws as `enqueue`
   */
  enqueueMany<Name extends string, Input, Parsed, Result>(
    definition: JobDefinition<Name, Input, Parsed, Result>,
    inputs: AnyIterable<NoInfer<Input>>,
    options?: EnqueueManyOptions<NoInfer<Input>>,
  ): Promise<EnqueuedMany>;
  enqueueMany<Name extends Named<Definitions>["name"]>(
    name: Name,
    inputs: AnyIterable<InputOf<OfName<Definitions, Name>>>,
    options?: EnqueueManyOptions<InputOf<OfName<Definitions, Name>>>,
  ): Promise<EnqueuedMany>;
  /**
   * Runs `work` once in a transaction of the store: what it enqueues with it, and the statements of its own, are
   * committed when it resolves and gone when it rejects.
   * @throws MillraceError `unsupported` on a store without transactions, else what `work` or the store throws.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Makes the schedule of this id, or changes it to be so: called at every start of a program, with nothing changed, it
   * changes nothing. Any worker of the store fires it.
   * @throws as `enqueue`, `bad-config` also for a cron expression that is none or whose dates never come.
   */
  schedule<Name extends string, Input, Parsed, Result>(
    id: string,
    options: Scheduled<JobDefinition<Name, Input, Parsed, Result>, NoInfer<Input>>,
    note?: ControlNote,
  ): Promise<SetSchedule>;
  schedule<Name extends Named<Definitions>["name"]>(
    id: string,
    options: Scheduled<Name, InputOf<OfName<Definitions, Name>>>,
    note?: ControlNote,
  ): Promise<SetSchedule>;
  /**
   * The same for a pipeline: each fire starts a run of the instance that `input` names. One that has completed runs again
   * only where the pipeline says `rerun`, or `job` says `force`.
   */
  schedule<Input>(
    id: string,
    options: FiringOptions & {
      readonly run: Startable<Input>;
      readonly input: NoInfer<Input>;
      readonly job?: StartOptions | undefined;
    },
    note?: ControlNote,
  ): Promise<SetSchedule>;
  readonly schedules: Schedules;
  readonly jobs: Jobs;
  readonly queues: Queues;
  readonly limits: LimitControl;
  readonly audit: Audit;
  readonly dead: DeadLetters;
  readonly operations: Operations;
  /** Forgets finished jobs by age, whatever their retention; dead letters that are among them are warned of first. @throws MillraceError `bad-config`, or what the store throws. */
  cleanUp(options: CleanUp): Promise<{ readonly removed: number }>;
  /**
   * Opens a run of a pipeline or batch, or finds the instance's active one, which goes on wherever workers have it.
   * @throws MillraceError `bad-input` with the issues, `not-serialisable`, `too-large`, `bad-config`, `queue-full`, or
   * what the store throws.
   */
  start<Input>(pipeline: Startable<Input>, ...rest: StartArguments<NoInfer<Input>>): Promise<RunHandle>;
  /** A run started earlier, perhaps elsewhere: to look at, to follow, to stop or to have it go on. */
  run(id: RunId): RunView;
  readonly runs: Runs;
  /**
   * What happens to jobs, in order, wherever it happens; each event at least once. A `reset` says that some are gone.
   * Ends when the signal fires or the client closes.
   * @throws MillraceError `bad-input` for an `after` that is no position, or what the store throws.
   */
  events(options?: FollowEventsOptions): AsyncIterable<MillraceEvent>;
  /**
   * Calls `listener` with what happens from now on (after every call of this client that follows), to any job, in this
   * process or another. One that throws is reported and goes on hearing. Gives what takes it away again.
   * @throws MillraceError `bad-config` for an unknown kind, `store-closed`.
   */
  on<Kind extends Listened>(kind: Kind, listener: (event: EventOf<Kind>) => unknown): () => void;
  /** Figures of all queues: how much waits and runs, how much has ended and how, how long it took, how fast it goes. */
  stats(): Promise<Stats>;
  /** Why a job runs or does not, or how it ended, in one consistent answer; `undefined` where there is no such job. */
  explain(id: string): Promise<Explanation | undefined>;
  readonly workers: Workers;
  /** A handle on a job enqueued earlier, perhaps elsewhere. */
  handle<Result = unknown>(id: JobHandle["id"]): JobHandle<Result>;
  /** A started worker for the handlers of `jobs`; stops with the client, or by `stop()`, or at the end of its scope. */
  worker(options?: WorkerOptions): Worker;
  /** Stops workers (draining), rejects waiting results and progress, ends events, closes the store. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const KEYS: readonly (keyof MillraceOptions<readonly Definition[]>)[] = [
  "store",
  "jobs",
  "migrate",
  "worker",
  "queues",
  "priorities",
  "retry",
  "retention",
  "storage",
  "logger",
  "onError",
  "timing",
  "tenants",
  "actor",
  "random",
];

/** Makes a client. @throws MillraceError `bad-config` naming the option and the bad value. */
export function createMillrace<const Definitions extends readonly Definition[] = readonly []>(
  options: MillraceOptions<Definitions>,
): Millrace<Definitions> {
  refuseUnknownKeys("createMillrace", options, KEYS);
  const { store, logger = warningLogger, timing = systemTiming } = options;
  const actor = checkActor("createMillrace.actor", options.actor ?? processActor());
  const program = programOf(options);
  const { defaults, capacities } = program;
  const opener = new Opener({
    store,
    migrate: options.migrate ?? "auto",
    actor,
    prepare: () => applyCapacities({ store, actor, capacities, logger }),
  });
  const workers = new Set<Worker>();
  const onError = guardOnError(options.onError ?? logging(logger));
  const reader = new EventReader({ store, timing, onError, open: () => opener.open() });
  const listeners = new Listeners({ reader, timing, onError });
  const engine: Engine = {
    store,
    registry: new Registry(),
    logger,
    onError,
    timing,
    random: options.random,
    memory: program.workerPorts.memory,
    tenants: checkTenants(options.tenants),
    open: () => (listeners.isJoining ? openHeard(opener, listeners) : opener.open()),
    nudge: (inMs) => {
      reader.nudge();
      for (const worker of workers) worker.nudge(inMs);
    },
  };
  const definitions = registerAll(options.jobs ?? [], { engine, defaults });
  return Object.freeze({
    ...engine,
    ...clientVerbs({
      engine,
      program,
      opener,
      workers,
      definitions,
      actor,
      reader,
      listeners,
    }),
  }) as Millrace<Definitions>; // the verbs look names up in what Definitions lists
}

/** Who listens before a call is made hears what comes of it. */
async function openHeard(opener: Opener, listeners: Listeners) {
  const info = await opener.open();
  await listeners.ready();
  return info;
}

function logging(logger: Logger): OnError {
  return (error, where) => {
    logger.error(`millrace ${where}: ${messageOf(error)}`, { where, error });
  };
}
