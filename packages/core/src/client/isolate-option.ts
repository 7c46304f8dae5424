/** The option `isolate` of a definition, checked once. */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Isolation } from "../job/isolation.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";

/** A child process for the attempts of a job; see {@link ISOLATION_DEFAULTS} for what is left out. */
export interface IsolateOptions {
  /**
   * The module that exports the definition, mostly `import.meta.url`: a URL of the scheme `file:`, or an absolute path.
   * The process imports it and runs what it exports under the job's name.
   */
  readonly module: URL | string;
  /** MiB (2^20 bytes) the process may hold in memory, 96 or more. An attempt that takes more has crashed. */
  readonly memoryMb?: number | undefined;
  /** Seconds of processor time one attempt may use, over all threads; past it, it fails with class timeout. No limit where left out. */
  readonly cpuSeconds?: number | undefined;
  /** Attempts after which the process is replaced by a fresh one. */
  readonly maxJobs?: number | undefined;
  /** The whole environment of the process, which gets nothing of the worker's. A variable that is `undefined` is left out. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Defaults of {@link IsolateOptions}. */
export const ISOLATION_DEFAULTS: { readonly memoryMb: number; readonly maxJobs: number } = Object.freeze({
  memoryMb: 512,
  maxJobs: 1_000,
});

const KEYS: readonly (keyof IsolateOptions)[] = ["module", "memoryMb", "cpuSeconds", "maxJobs", "env"];
/** Node by itself takes half of it. */
const MIN_MEMORY_MB = 96;

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function isolation(option: string, given: IsolateOptions): Isolation {
  if (typeof given !== "object" || given === null) {
    const takes =
      "{ module: import.meta.url }: a process cannot be given a function, but the module that exports it";
    throw badOption(option, given, takes);
  }
  refuseUnknownKeys(option, given, KEYS);
  const { cpuSeconds } = given;
  return Object.freeze({
    module: moduleAddress(`${option}.module`, given.module),
    memoryMb: wholeFrom(`${option}.memoryMb`, given.memoryMb ?? ISOLATION_DEFAULTS.memoryMb, MIN_MEMORY_MB),
    cpuSeconds: cpuSeconds === undefined ? undefined : positive(`${option}.cpuSeconds`, cpuSeconds),
    maxJobs: wholeFrom(`${option}.maxJobs`, given.maxJobs ?? ISOLATION_DEFAULTS.maxJobs, 1),
    env: environment(`${option}.env`, given.env ?? {}),
  });
}

function moduleAddress(option: string, given: unknown): string {
  const text = given instanceof URL ? given.href : given;
  if (typeof text === "string" && text.startsWith("file:")) return text;
  if (typeof text === "string" && isAbsolute(text)) return pathToFileURL(text).href;
  throw badOption(option, text, "import.meta.url, another URL of the scheme file:, or an absolute path");
}

function wholeFrom(option: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
  throw badOption(option, value, `a whole number, ${least} or more`);
}

function positive(option: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw badOption(option, value, "a number above 0");
}

function environment(option: string, given: unknown): Readonly<Record<string, string>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw badOption(option, given, "an object of names and texts");
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (typeof value !== "string") throw badOption(`${option}.${name}`, typeof value, "a text");
  }
  return Object.freeze(Object.fromEntries(set));
}
