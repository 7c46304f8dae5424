/** Handlers that run in child processes: what such a process is like, and how one is told from the program's own. */

/** The process an isolated handler runs in; handlers of equal isolation share processes, one attempt at a time. */
export interface Isolation {
  /** Address (`file:`) of the module that exports the definition. */
  readonly module: string;
  /** MiB the process may hold in memory. */
  readonly memoryMb: number;
  /** Seconds of processor time an attempt may use; unlimited where left out. */
  readonly cpuSeconds?: number | undefined;
  /** Attempts after which the process is replaced. */
  readonly maxJobs: number;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

/** Equal for handlers that share processes. */
export function isolationKey({ module, memoryMb, cpuSeconds, maxJobs, env }: Isolation): string {
  return JSON.stringify([module, memoryMb, cpuSeconds ?? null, maxJobs, Object.entries(env).sort()]);
}

/** Known to every copy of this code in the process. */
const MARK = Symbol.for("millrace.isolated");

/** Says that this process runs isolated handlers. Called once, by its program, before any module of the user's. */
export function markIsolatedProcess(): void {
  Object.defineProperty(globalThis, MARK, { value: true, configurable: true });
}

/** Whether this process is one that a worker has started for isolated handlers. */
export function isIsolatedProcess(): boolean {
  return Object.hasOwn(globalThis, MARK);
}
