/** A thread that ends a process past its limits, or left by its parent, even while the main thread is stuck. */
import { Worker } from "node:worker_threads";

/** What a process is held to. */
export interface ProcessLimits {
  /** Process id of the parent; a process that has another does not go on. */
  readonly parent: number;
  /** Resident bytes. */
  readonly memoryBytes: number;
  /** Processor time of one attempt, in ms; unlimited where left out. */
  readonly cpuMs: number | undefined;
  /** Printed on stderr before the end for a limit, with ` memory` or ` cpu` behind it. */
  readonly note: string;
}

/** The thread as the main thread sees it. */
export interface ProcessWatch {
  /** An attempt begins: its processor time counts from here. */
  begin(): void;
  /** Nothing runs that has a limit of its own. */
  end(): void;
}

const EVERY_MS = 100;
const IDLE = -1;

/** Source, not a file: it must start in a process that has nothing but its program. */
const SOURCE = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const { parent, memoryBytes, cpuMs, note, everyMs, begunAtMs } = workerData;
const usedMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const end = () => {
  try { process.kill(-process.pid, "SIGKILL"); } catch { process.kill(process.pid, "SIGKILL"); }
};
const passed = (limit) => { try { writeSync(2, note + " " + limit + "\\n"); } finally { end(); } };
setInterval(() => {
  if (process.ppid !== parent) return end();
  if (process.memoryUsage.rss() > memoryBytes) return passed("memory");
  if (cpuMs !== undefined && begunAtMs[0] >= 0 && usedMs() - begunAtMs[0] > cpuMs) passed("cpu");
}, everyMs);
`;

/** Starts it. The process must lead a group of its own, which ends with it. */
export function watchProcess(limits: ProcessLimits): ProcessWatch {
  const begunAtMs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)).fill(IDLE);
  const thread = new Worker(SOURCE, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: { ...limits, everyMs: EVERY_MS, begunAtMs },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
  return {
    begin: () => {
      const { user, system } = process.cpuUsage();
      begunAtMs[0] = (user + system) / 1_000;
    },
    end: () => {
      begunAtMs[0] = IDLE;
    },
  };
}
