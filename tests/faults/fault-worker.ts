/** A worker of this process that a fault is let loose on, and what it noticed. */
import { createMillrace, defineJob, type JobContext, type Millrace, type WorkerOptions } from "@millrace/core";
import { createPgClient, type PgClientOptions, sqlStore } from "@millrace/postgres";
import type { RaceStore } from "../races/race-store.ts";

/** How it works. */
export interface FaultWorkerOptions {
  readonly client?: PgClientOptions;
  readonly worker?: WorkerOptions;
  /** Takes `WORK_MS` where left out. */
  run?(input: unknown, ctx: JobContext): unknown;
}

/** The worker. */
export interface FaultWorker {
  readonly mr: Millrace;
  /** What was reported, oldest first. */
  readonly errors: readonly unknown[];
  /** How many handlers have begun. */
  readonly begun: number;
  /** Resolves once another handler begins, with the ms that took. */
  nextBegun(): Promise<number>;
  stop(): Promise<void>;
}

/** How long a handler takes. */
const WORK_MS = 10;
/** Short, so that a job whose holder lost it is soon taken back. */
const LEASES: WorkerOptions = { lease: "2s", sweep: "200ms", concurrency: 10 };

const work = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, WORK_MS));

/** Starts it on a race's jobs. */
export function faultWorker({ url, schema }: RaceStore, options: FaultWorkerOptions = {}): FaultWorker {
  const errors: unknown[] = [];
  let begun = 0;
  let tell: () => void = () => undefined;
  const job = defineJob({
    name: "race",
    queue: "race",
    run: async (input: unknown, ctx) => {
      begun += 1;
      tell();
      return options.run === undefined ? work() : options.run(input, ctx);
    },
  });
  const mr = createMillrace({
    store: sqlStore(createPgClient({ url, ...options.client }), { schema }),
    jobs: [job],
    onError: (error) => void errors.push(error),
  });
  mr.worker({ ...LEASES, ...options.worker });
  return {
    mr,
    errors,
    get begun() {
      return begun;
    },
    nextBegun: async () => {
      const sinceMs = performance.now();
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
      return performance.now() - sinceMs;
    },
    stop: () => mr.close(),
  };
}
