/** A worker of this process that a fault is let loose on, and what it noticed. */
import {
  createMillrace,
  defineJob,
  type JobContext,
  type Millrace,
  type WorkerOptions,
} from "@millrace/core";
import { createPgClient, type PgClientOptions, sqlStore } from "@millrace/postgres";
import type { RaceStore } from "../races/race-store.ts";

/** How it works. */
export interface FaultWorkerOptions {
  readonly client?: PgClientOptions;
  readonly worker?: WorkerOptions;
  /** Of each attempt, of which there is one then. */
  readonly timeoutMs?: number;
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
  /** When each of its jobs was settled, by `performance.now`. */
  readonly settledAtMs: readonly number[];
  stop(): Promise<void>;
}

/** How long a handler takes. */
const WORK_MS = 10;
const POLL_MS = 10;
/** Short, so that a job whose holder lost it is soon taken back. */
const LEASES: WorkerOptions = { lease: "2s", sweep: "200ms", concurrency: 10 };

const work = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, WORK_MS));

/** Starts it on a race's jobs. */
export function faultWorker({ url, schema }: RaceStore, options: FaultWorkerOptions = {}): FaultWorker {
  const errors: unknown[] = [];
  const settledAtMs: number[] = [];
  let begun = 0;
  const job = defineJob({
    name: "race",
    queue: "race",
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, retry: "none" as const }),
    on: { complete: () => void settledAtMs.push(performance.now()) },
    run: async (input: unknown, ctx) => {
      begun += 1;
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
    settledAtMs,
    stop: () => mr.close(),
  };
}

/** How long after this moment the worker had its next job settled. Others may know of that before it hears the answer. */
export async function recoveryMs({ settledAtMs }: FaultWorker, sinceMs: number): Promise<number> {
  for (;;) {
    const next = settledAtMs.find((atMs) => atMs >= sinceMs);
    if (next !== undefined) return next - sinceMs;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
