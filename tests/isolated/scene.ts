/** A client with a worker for isolated jobs, and what it reports. */
import { readFileSync } from "node:fs";
import {
  createMillrace,
  type Definition,
  type JobHandle,
  type JobRecord,
  memoryStore,
  type Store,
  type TenantOptions,
  type WorkerOptions,
} from "@millrace/core";

/** For what a slow machine may take its time with. */
export const WAIT = { timeout: 60_000, interval: 20 };

interface Line {
  readonly level: string;
  readonly message: string;
}

/** Two processes, and little patience with handlers that do not heed. */
export function scene(
  jobs: readonly Definition[],
  options: WorkerOptions = {},
  { store = memoryStore(), tenants }: { store?: Store; tenants?: TenantOptions } = {},
) {
  const errors: (readonly [string, unknown])[] = [];
  const lines: Line[] = [];
  const logging = (level: string) => (message: string) => void lines.push({ level, message });
  const logger = {
    debug: logging("debug"),
    info: logging("info"),
    warn: logging("warn"),
    error: logging("error"),
  };
  const onError = (error: unknown, where: string) => void errors.push([where, error]);
  const mr = createMillrace({ store, jobs, logger, onError, tenants });
  const worker = mr.worker({
    isolated: { processes: 2 },
    grace: "200ms",
    heartbeat: "20ms",
    ...options,
  });
  /** The job once it has ended, however. */
  const ended = async (job: JobHandle<unknown>): Promise<JobRecord> => {
    await job.result().catch(() => undefined);
    const record = await mr.jobs.get(job.id);
    if (record === undefined) throw new Error(`job ${job.id} is gone`);
    return record;
  };
  return { mr, store, worker, errors, lines, ended };
}

/** Longest time for which the process may have stood still where leases are short. */
const HELD_UP_MS = 500;

/** What the work gives; it is done again where this process stood still meanwhile, and lost its leases by that. */
export async function undisturbed<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    let lastMs = performance.now();
    let heldUpMs = 0;
    const look = () => {
      heldUpMs = Math.max(heldUpMs, performance.now() - lastMs);
      lastMs = performance.now();
    };
    const timer = setInterval(look, 20);
    const result = await work().finally(() => clearInterval(timer));
    look();
    if (heldUpMs < HELD_UP_MS) return result;
  }
}

/** Whether a process runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Process ids of a process's children. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
