/** testMillrace: a client for tests, on a memory store, whose time and jobs move only when told. */

import type { JobDefinition } from "../client/define-job.ts";
import { type JobRecord, jobRecord } from "../client/inspect.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace, type Definition, type Millrace, type MillraceOptions } from "../millrace.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { badOption } from "../model/options.ts";
import type { OnError } from "../runtime/service.ts";
import type { Store } from "../store/store.ts";
import { Conductor } from "./conductor.ts";
import { type Fault, type FaultPlan, faultyStore, type StruckFault } from "./faulty-store.ts";
import { Gate } from "./gated-store.ts";
import { helpedThrough } from "./helped.ts";
import { allJobs, type CountFilter, countsOf, type JobCounts } from "./job-counts.ts";
import { VirtualTime } from "./virtual-time.ts";

/** Options of {@link testMillrace}: those of `createMillrace` but for store and time, and the test's own. */
export interface TestOptions<Definitions extends readonly Definition[]>
  extends Omit<MillraceOptions<Definitions>, "store" | "migrate" | "timing"> {
  /** Where time starts; 2026-01-01T00:00Z where left out. */
  readonly startAt?: Date | undefined;
  /** Jobs that run at once; `worker.concurrency`, else one where left out, so that they run in claim order. */
  readonly concurrency?: number | undefined;
  /** Faults to begin with; `fail` adds more. */
  readonly faults?: FaultPlan | undefined;
  /** Rounds of jobs making more jobs due before that counts as endless; 1,000 where left out. */
  readonly maxRounds?: number | undefined;
  /**
   * Real time that `advance` waits for a handler before it takes it to wait for the clock, and goes on; 100 ms where
   * left out. `runAll`, which fails instead, waits twenty times as long.
   */
  readonly patience?: Duration | undefined;
}

/** How far {@link TestMillrace.runAll} goes. */
export interface RunAllOptions {
  /** Moves time on to what is scheduled or retrying, until nothing is left. */
  readonly later?: boolean | undefined;
}

/** A job as code under test enqueued it. */
export interface EnqueuedJob<Input> extends Omit<JobRecord, "input"> {
  readonly input: Input;
}

/** Something that went wrong in the background. */
export interface Reported {
  readonly where: string;
  readonly error: unknown;
}

/** A client that a test conducts. Nothing runs, and time stands still, outside `advance` and `runAll`. */
export interface TestMillrace<Definitions extends readonly Definition[] = readonly Definition[]>
  extends Millrace<Definitions> {
  /** The clock of the store and of everything in the client; give it to code under test that needs a `Timing`. */
  readonly time: VirtualTime;
  /** What was reported to `onError`, oldest first. */
  readonly errors: readonly Reported[];
  /** Faults that have happened, oldest first. */
  readonly struck: readonly StruckFault[];
  /**
   * Moves time forward; what is due, or becomes so on the way, runs at its own time and in order.
   * @throws MillraceError `never-idle` where jobs keep making others due at one instant.
   */
  advance(duration: Duration): Promise<void>;
  /**
   * Runs jobs until none is due; time stands still but for the rests after faults.
   * @throws MillraceError `never-idle` naming the jobs that keep going, or whose handlers do not end.
   */
  runAll(options?: RunAllOptions): Promise<void>;
  /** Exact counts over all jobs, or over those of a definition or filter. */
  counters(of?: Pick<JobDefinition, "name"> | CountFilter): Promise<JobCounts>;
  /** The jobs of a definition in the order of their enqueueing, whatever became of them since. */
  enqueued<Name extends string, Input, Parsed, Result>(
    definition: JobDefinition<Name, Input, Parsed, Result>,
  ): Promise<readonly EnqueuedJob<Input>[]>;
  /** Has a later store call go wrong; see {@link faultyStore}. @throws MillraceError `bad-config` */
  fail(fault: Fault): void;
  /** Forgets planned faults. */
  heal(): void;
}

const START = new Date("2026-01-01T00:00:00Z");
const DEFAULT_MAX_ROUNDS = 1_000;
const DEFAULT_PATIENCE = "100ms";
/** Jitter that always takes the whole delay, so that a retry is due exactly when its policy says at the latest. */
const WHOLE_DELAY = () => 1 - Number.EPSILON;

/**
 * Makes a client for a test. Isolated jobs run in the test's own process, by the run of the definition given here.
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function testMillrace<const Definitions extends readonly Definition[] = readonly []>(
  options: TestOptions<Definitions> = {},
): TestMillrace<Definitions> {
  const { startAt = START, concurrency, faults, maxRounds = DEFAULT_MAX_ROUNDS, patience, ...rest } = options;
  if (!(maxRounds >= 1)) throw badOption("testMillrace.maxRounds", maxRounds, "a number, 1 or more");
  const patienceMs = durationMs(patience ?? DEFAULT_PATIENCE, "testMillrace.patience");
  const time = new VirtualTime(startAt.getTime());
  const store = memoryStore({ now: () => time.now() });
  const faulty = faultyStore(store, faults);
  const gate = new Gate();
  const errors: Reported[] = [];
  const onError: OnError = (error, where) => {
    errors.push({ where, error });
    options.onError?.(error, where);
  };
  const own = { store: gate.guard(faulty), onError, timing: time.loose };
  const jobs = rest.jobs?.map(inThisProcess) as Definitions | undefined; // each of the same name and types
  const mr = createMillrace<Definitions>({ random: WHOLE_DELAY, ...rest, jobs, ...own });
  const worker = mr.worker({ concurrency: concurrency ?? rest.worker?.concurrency ?? 1, name: "test" });
  const { registry, nudge } = mr;
  const conductor = new Conductor({ time, store, gate, registry, worker, nudge, maxRounds, patienceMs });
  const { struck, fail, heal } = faulty;
  return Object.freeze({
    ...mr,
    ...helpedThrough({ conductor, time, struck })(mr),
    ...{ time, errors, struck, fail, heal },
    ...conducting(mr, conductor),
    ...looking(mr, store),
    ...closing(mr, time),
  }) as unknown as TestMillrace<Definitions>; // inputs are of their definition's type
}

/** A process would run by the machine's time; what has its run elsewhere alone has none here. */
function inThisProcess(definition: Definition): Definition {
  return "register" in definition ? definition : Object.freeze({ ...definition, isolation: undefined });
}

function conducting(mr: Millrace, conductor: Conductor) {
  return {
    advance: async (duration: Duration) => {
      await mr.open();
      await conductor.advance(durationMs(duration, "advance"));
    },
    runAll: async ({ later = false }: RunAllOptions = {}) => {
      await mr.open();
      await conductor.runAll(later);
    },
  };
}

/** Looks past faults and gate. */
function looking(mr: Millrace, store: Store) {
  const rows = async (filter: CountFilter) => {
    await mr.open();
    return allJobs(store, filter);
  };
  return {
    counters: async ({ name, queue, tenant }: CountFilter = {}) =>
      countsOf(await rows({ name, queue, tenant })),
    enqueued: async ({ name }: Pick<JobDefinition, "name">) =>
      (await rows({ name })).map((row) => jobRecord(row)),
  };
}

/** Handlers that do not end lose their slots past the worker's grace, for which time has to move. */
function closing(mr: Millrace, time: VirtualTime) {
  const close = async () => {
    let isOver = false;
    const closed = mr.close().finally(() => {
      isOver = true;
    });
    closed.catch(() => undefined); // the caller has it
    await time.settle();
    while (!isOver && time.pending > 0) await time.advance(time.nextMs - time.now());
    await closed;
  };
  return { close, [Symbol.asyncDispose]: close };
}
