/** Starts a process for isolated handlers. */
import { type ChildProcess, fork } from "node:child_process";
import type { Isolation } from "../../job/isolation.ts";
import type { ProcessStart } from "./protocol.ts";

/** Of the memory of a process, what is not V8's old generation. */
const BASE_MB = 64;
const BYTES_PER_MB = 1_048_576;

/** What a process is started with. */
export interface ForkOptions extends Pick<ProcessStart, "maxRescues" | "note"> {
  readonly isolation: Isolation;
  /** Path of the program. */
  readonly program: string;
}

/** A group of its own, nothing of the worker's environment or options, no input; what it prints is read by the worker. */
export function forkProcess({ isolation, program, maxRescues, note }: ForkOptions): ChildProcess {
  const { module, memoryMb, cpuSeconds, env } = isolation;
  const first: ProcessStart = {
    module,
    parent: process.pid,
    memoryBytes: memoryMb * BYTES_PER_MB,
    cpuMs: cpuSeconds === undefined ? undefined : cpuSeconds * 1_000,
    maxRescues,
    note,
  };
  return fork(program, [JSON.stringify(first)], {
    detached: true,
    env: { ...env },
    execArgv: [`--max-old-space-size=${Math.max(BASE_MB / 2, memoryMb - BASE_MB)}`],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}

/** Ends a process and all that it has started itself, at once. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // all of them are gone, or the system has no process groups
  }
}
