/** What a client's calls do, each by the part that does it. */

import { definitionOf, isPipeline } from "./batch/pipeline/build-pipeline.ts";
import type { Startable } from "./batch/pipeline/pipeline.ts";
import { RunFollower } from "./batch/run/run-follower.ts";
import { type RunHandle, runView } from "./batch/run/run-handle.ts";
import { runTarget } from "./batch/run/run-target.ts";
import { runsOf } from "./batch/run/runs.ts";
import { newRun, type StartOptions, startRun } from "./batch/run/start-run.ts";
import { auditOf } from "./client/audit.ts";
import { deadLettersOf } from "./client/dead.ts";
import type { JobDefinition } from "./client/define-job.ts";
import { named } from "./client/definitions.ts";
import { type EnqueueManyOptions, Enqueuer } from "./client/enqueue.ts";
import type { EventOf, Listened } from "./client/event.ts";
import type { EventReader } from "./client/event-reader.ts";
import { explainerOf, workersOf } from "./client/explain.ts";
import { type CleanUp, cleanUp, jobControlOf } from "./client/job-control.ts";
import { type JobHandle, jobHandle } from "./client/job-handle.ts";
import { jobsOf } from "./client/jobs.ts";
import { limitControlOf } from "./client/limits.ts";
import type { Listeners } from "./client/listeners.ts";
import type { EnqueueOptions } from "./client/new-job.ts";
import type { Opener } from "./client/opener.ts";
import { OperationFollower } from "./client/operation-follower.ts";
import { operationsOf } from "./client/operations.ts";
import { queuesOf } from "./client/queues.ts";
import type { FiringOptions, ScheduledJobOptions } from "./client/schedule-options.ts";
import { scheduledJobTarget, schedulesOf, setSchedule } from "./client/schedules.ts";
import { readStats } from "./client/stats.ts";
import { runInTransaction } from "./client/transaction.ts";
import { Waiter } from "./client/waiter.ts";
import type { Engine } from "./job/engine.ts";
import { refuseInside } from "./job/inside-transaction.ts";
import { LimitGate } from "./job/limit-gate.ts";
import type { Millrace } from "./millrace.ts";
import type { Actor } from "./model/actor.ts";
import type { ControlNote } from "./model/control-note.ts";
import type { RunId } from "./model/ids.ts";
import type { JobRow } from "./model/job.ts";
import { checkName } from "./model/options.ts";
import type { Program } from "./program.ts";
import { once } from "./runtime/once.ts";
import type { Transaction } from "./store/call.ts";
import { Presence } from "./worker/maintenance/presence.ts";
import type { WorkerOptions } from "./worker/options.ts";
import { Worker } from "./worker/worker.ts";

/** What a client consists of. */
export interface ClientParts {
  readonly engine: Engine;
  readonly program: Program;
  readonly opener: Opener;
  readonly workers: Set<Worker>;
  readonly definitions: ReadonlyMap<string, JobDefinition>;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  readonly reader: EventReader;
  readonly listeners: Listeners;
}

/** What {@link Millrace} says of itself beyond its engine. */
type ClientVerbs = Omit<Millrace, keyof Engine>;

/** Makes them. */
export function clientVerbs(parts: ClientParts): ClientVerbs {
  const { opener, workers, reader, listeners } = parts;
  const engine: Engine = { ...parts.engine, open: openOutside(parts.engine) };
  const client: ClientParts = { ...parts, engine };
  const { store, timing, onError, open } = engine;
  const waiter = new Waiter({ store, timing, onError, open: parts.engine.open });
  const follower = new RunFollower(engine);
  const operationFollower = new OperationFollower(engine);
  const presence = new Presence({ store, timing, onError });
  const gate = new LimitGate({ store, timing, onError });
  const close = once(async () => {
    await Promise.all([...workers].map((worker) => worker[Symbol.asyncDispose]())); // a stop under way is not rushed
    follower.close();
    operationFollower.close();
    listeners.close();
    reader.close();
    await waiter.close();
    await opener.close();
  });
  return {
    ...jobVerbs(client, { waiter, operationFollower, openAnywhere: parts.engine.open }),
    ...scheduleVerbs(client),
    limits: limitControlOf({ store, gate, actor: client.actor, open }),
    ...runVerbs(client, follower),
    stats: async () => {
      await open();
      return readStats(store);
    },
    events: reader.follow.bind(reader),
    on: <Kind extends Listened>(kind: Kind, listener: (event: EventOf<Kind>) => unknown) =>
      listeners.on(kind, (event) => listener(event as EventOf<Kind>)), // only events of the kind are passed on
    worker: (options?: WorkerOptions) => startWorker(parts, { waiter, follower, presence, gate }, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What calls await that join no transaction: refused where they would wait for one that they are made in. */
function openOutside({ open }: Engine): Engine["open"] {
  return async () => {
    refuseInside();
    return open();
  };
}

/** Of single jobs and of queues. */
function jobVerbs(
  { engine, program, definitions, actor }: ClientParts,
  {
    waiter,
    operationFollower: follower,
    openAnywhere,
  }: {
    readonly waiter: Waiter;
    readonly operationFollower: OperationFollower;
    /** For calls that join a transaction, and are refused inside one by themselves where they do not. */
    readonly openAnywhere: Engine["open"];
  },
) {
  const { store, open, nudge, timing } = engine;
  const { defaults } = program;
  const enqueuer = new Enqueuer({ store, timing, defaults, open: openAnywhere, onAccepted: nudge });
  const jobOf = (which: JobDefinition | string): JobDefinition =>
    typeof which === "string" ? named(definitions, which) : which;
  const onEnded = (ids: readonly JobHandle["id"][]) => {
    waiter.settled(ids);
  };
  const control = jobControlOf({ store, actor, open, onEnded, onReady: () => nudge() });
  const parts = { waiter, control };
  const policyOf = ({ name, priority }: Pick<JobRow, "name" | "priority">) => {
    const definition = definitions.get(name);
    return definition === undefined ? undefined : (definition.retry ?? defaults.policies[priority]);
  };
  const jobs = jobsOf({ store, open, policyOf, control });
  const operations = operationsOf({ store, open, timing, follower, actor });
  return {
    jobs,
    operations,
    dead: deadLettersOf({ store, jobs, operations, policyOf, open }),
    queues: queuesOf({ store, actor, open, nudge: () => nudge() }),
    audit: auditOf(store, open),
    workers: workersOf(store, open),
    explain: explainerOf(store, open),
    cleanUp: async (options: CleanUp) => {
      await open();
      return cleanUp(store, { actor, ...options }, engine.logger);
    },
    handle: <Result>(id: JobHandle["id"]) => jobHandle<Result>(id, parts),
    enqueue: async (which: JobDefinition | string, input: unknown, options?: EnqueueOptions) => {
      const { id, accepted } = await enqueuer.enqueue(jobOf(which), input, options);
      return Object.freeze({ ...jobHandle(id, parts), accepted });
    },
    enqueueMany: async (
      which: JobDefinition | string,
      inputs: Iterable<unknown> | AsyncIterable<unknown>,
      options?: EnqueueManyOptions,
    ) => enqueuer.enqueueMany(jobOf(which), inputs, options),
    transaction: <T>(work: (transaction: Transaction) => Promise<T>) => runInTransaction(engine, work),
  };
}

/** Of schedules. */
function scheduleVerbs({ engine, program, definitions, actor }: ClientParts) {
  const { defaults } = program;
  const { store, timing, open, nudge } = engine;
  const parts = { store, timing, actor, open, onReady: () => nudge() };
  return {
    schedules: schedulesOf(parts),
    schedule: async (id: string, given: Scheduled, note?: ControlNote) => {
      checkName("schedule", id);
      const { run, input, job: own, ...options } = given;
      const isJob = typeof run === "string" || !isPipeline(run);
      const target = isJob
        ? await scheduledJobTarget(
            own,
            { job: typeof run === "string" ? named(definitions, run) : run, input },
            defaults,
          )
        : await runTarget(run, input, own);
      return setSchedule(parts, id, { options, target, note });
    },
  };
}

/** What a schedule is set to, of a job or of a pipeline. */
interface Scheduled extends FiringOptions {
  readonly run: JobDefinition | Startable<unknown> | string;
  readonly input?: unknown;
  readonly job?: (ScheduledJobOptions & StartOptions) | undefined;
}

/** Of runs. */
function runVerbs({ engine, actor }: ClientParts, follower: RunFollower) {
  const run = (id: RunId) => runView(id, { follower, engine, actor });
  return {
    start: async (
      pipeline: Startable<unknown>,
      params?: unknown,
      options?: StartOptions,
    ): Promise<RunHandle> => {
      const { result, run: id } = await startRun(
        engine,
        await newRun(definitionOf(pipeline), params, options),
      );
      return Object.freeze({ ...run(id), result });
    },
    run,
    runs: runsOf({ store: engine.store, actor, open: engine.open }),
  };
}

/** What a client's workers share. */
interface WorkerCompany {
  readonly waiter: Waiter;
  readonly follower: RunFollower;
  readonly presence: Presence;
  readonly gate: LimitGate;
}

function startWorker(
  { engine, program, workers, reader }: ClientParts,
  { waiter, follower, presence, gate }: WorkerCompany,
  options: WorkerOptions | undefined,
): Worker {
  const events = {
    onSettled: (ids: readonly JobHandle["id"][]) => {
      waiter.settled(ids);
      follower.settled(ids);
      reader.nudge();
    },
    onStopped: (stopped: Worker) => workers.delete(stopped),
  };
  const ports = { ...engine, ...program.workerPorts, ...events, presence, gate };
  const worker = new Worker(ports, program.workerOptions(options));
  workers.add(worker);
  worker.start();
  return worker;
}
