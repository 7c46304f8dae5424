/** What the end of a process means for the attempt it had. */
import type { Isolation } from "../../job/isolation.ts";
import { ClassedError } from "../../model/errors.ts";
import { messageOf } from "../../model/message-of.ts";

/** What is known of a process that has ended by itself, or was ended by somebody else. */
export interface Death {
  readonly isolation: Isolation;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The limit for which its own watch ended it. */
  readonly limit: "memory" | "cpu" | undefined;
  /** Whether V8 said that the heap was full. */
  readonly isHeapFull: boolean;
  /** Whether it had told of an error that nobody caught, and which. */
  readonly uncaught: { readonly error: unknown } | undefined;
}

/**
 * The failure of the attempt: class crashed, or timeout where its processor time was used up. Its stack is that of the
 * error that nobody caught; where there is none it has no frames, for those of the worker would tell nothing.
 */
export function errorOfDeath(death: Death): ClassedError {
  const error = failureOf(death);
  error.stack = `${error.name}: ${error.message}${framesOf(death.uncaught?.error)}`;
  return error;
}

function failureOf(death: Death): ClassedError {
  const { isolation, code, signal, limit, isHeapFull, uncaught } = death;
  if (limit === "cpu") {
    const message = `the attempt used more than ${isolation.cpuSeconds} s of processor time`;
    return new ClassedError("timeout", "cpu-limit", message);
  }
  if (limit === "memory") return outOfMemory(`held more than ${isolation.memoryMb} MiB of memory`);
  if (isHeapFull) return outOfMemory(`filled its heap; it may hold ${isolation.memoryMb} MiB of memory`);
  if (uncaught !== undefined) {
    const message = `an error that nobody caught ended the handler's process: ${messageOf(uncaught.error)}`;
    return new ClassedError("crashed", "uncaught-error", message, uncaught.error);
  }
  if (signal !== null)
    return new ClassedError("crashed", "signal", `the handler's process was ended by ${signal}`);
  return new ClassedError("crashed", "exit", `the handler's process ended itself with exit code ${code}`);
}

function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return /(?:\n +at .*)+$/.exec(stack)?.[0] ?? "";
}

function outOfMemory(what: string): ClassedError {
  const message = `the handler's process ${what}; take less at a time, or raise isolate.memoryMb`;
  return new ClassedError("crashed", "out-of-memory", message);
}
