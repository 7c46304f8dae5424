/** Chunk options made into the step the engine runs: checked, every default filled in. */
import { positiveMs } from "../../client/define-job.ts";
import { definedRetryPolicy } from "../../client/retry-option.ts";
import { classOf } from "../../model/error-class.ts";
import { ERROR_CLASSES, type ErrorClass } from "../../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { concurrencyRange, wholeNumber } from "../../worker/concurrency.ts";
import type { ChunkStep, FailureRule } from "../chunk-step.ts";
import type { LedgerLevel, OnFailure, SkipOption } from "../definition.ts";
import { MAX_GATHERED_BYTES, roughBytes } from "../rough-bytes.ts";
import { type AnyChunkOptions, keyOf, readerOf } from "./chunk-source.ts";

/** Defaults of every chunk step. */
export const CHUNK_DEFAULTS: Readonly<{
  chunkSize: number;
  concurrency: number;
  skipLimit: number;
  maxRescues: number;
  skip: readonly ErrorClass[];
}> = Object.freeze({
  chunkSize: 100,
  concurrency: 4,
  skipLimit: 0,
  maxRescues: 3,
  skip: Object.freeze(["validation", "permission", "not-found", "processing"] as const),
});

/** What a chunk step knows, beside what every step does. */
export const CHUNK_KEYS: readonly (keyof AnyChunkOptions)[] = [
  "read",
  "reader",
  "cursor",
  "key",
  "weight",
  "prepare",
  "process",
  "outputWeight",
  "tally",
  "write",
  "writer",
  "failed",
  "chunkSize",
  "chunkWeight",
  "concurrency",
  "itemsAtOnce",
  "commit",
  "retry",
  "timeout",
  "skipLimit",
  "skip",
  "onFailure",
  "ledger",
  "transactional",
  "maxRescues",
];

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function chunkStepOf(
  name: string,
  options: AnyChunkOptions,
  { what, keepsOutputs = false }: { readonly what: string; readonly keepsOutputs?: boolean },
): ChunkStep {
  checkFunctions(what, options);
  const { prepare, process, writer } = options;
  return Object.freeze({
    name,
    reader: readerOf(options),
    key: keyOf(options),
    weight: options.weight ?? (() => 1),
    prepare: prepare ?? (() => undefined),
    process: process ?? ((item: unknown) => item),
    tally: options.tally ?? (() => ({})),
    write: options.write ?? writer?.write.bind(writer),
    failed: options.failed,
    undo: writer?.undo?.bind(writer),
    transactional: flag(`${what}: transactional`, options.transactional ?? true),
    keepsOutputs,
    ...limitsOf(what, options),
    ...groupsOf(what, options, keepsOutputs),
    retry: definedRetryPolicy(options.retry ?? "default", `${what}: retry`),
    timeoutMs: options.timeout === undefined ? undefined : positiveMs(options.timeout, `${what}: timeout`),
    skip: skipOf(`${what}: skip`, options.skip ?? CHUNK_DEFAULTS.skip),
    onFailure: failureRuleOf(
      `${what}: onFailure`,
      options.onFailure === undefined ? "finishAll" : options.onFailure,
    ),
    ledger: ledgerOf(`${what}: ledger`, options.ledger ?? "all"),
  });
}

/** How outputs are grouped. Those that the ledger keeps are sent with their rows: their size is their weight. */
function groupsOf(
  what: string,
  { commit = {}, outputWeight = () => 1 }: AnyChunkOptions,
  keepsOutputs: boolean,
): Pick<ChunkStep, "outputWeight" | "commit"> {
  refuseUnknownKeys(`${what}: commit`, commit, ["items", "weight"]);
  const items = limit(`${what}: commit.items`, commit.items);
  if (keepsOutputs)
    return { outputWeight: (output) => roughBytes(output), commit: { items, weight: MAX_GATHERED_BYTES } };
  return { outputWeight, commit: { items, weight: limit(`${what}: commit.weight`, commit.weight) } };
}

type Limits = "chunkSize" | "chunkWeight" | "concurrency" | "itemsAtOnce" | "skipLimit" | "maxRescues";

function limitsOf(what: string, options: AnyChunkOptions): Pick<ChunkStep, Limits> {
  const { skipLimit, maxRescues, concurrency, chunkSize } = options;
  return {
    chunkSize: concurrencyRange(`${what}: chunkSize`, chunkSize ?? CHUNK_DEFAULTS.chunkSize),
    chunkWeight: limit(`${what}: chunkWeight`, options.chunkWeight),
    concurrency: wholeNumber(`${what}: concurrency`, concurrency ?? CHUNK_DEFAULTS.concurrency, 1),
    itemsAtOnce: wholeNumber(`${what}: itemsAtOnce`, options.itemsAtOnce ?? 1, 1),
    skipLimit: wholeNumber(`${what}: skipLimit`, skipLimit ?? CHUNK_DEFAULTS.skipLimit, 0),
    maxRescues: wholeNumber(`${what}: maxRescues`, maxRescues ?? CHUNK_DEFAULTS.maxRescues, 0),
  };
}

const FUNCTIONS = [
  "read",
  "cursor",
  "key",
  "weight",
  "prepare",
  "process",
  "outputWeight",
  "tally",
  "write",
  "failed",
] as const;

function checkFunctions(what: string, options: AnyChunkOptions): void {
  for (const name of FUNCTIONS) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function")
      throw badOption(`${what}: ${name}`, value, "a function");
  }
  const { read, reader, write, writer, process } = options;
  if ((read === undefined) === (reader === undefined)) {
    throw badOption(`${what}: reader`, reader === undefined ? "left out" : "given", "either read or reader");
  }
  if (write !== undefined && writer !== undefined)
    throw badOption(`${what}: writer`, "given", "nothing beside write");
  if (write === undefined && writer === undefined && process === undefined)
    throw badOption(`${what}: write`, "left out", "a function, or a writer, or process");
}

function limit(option: string, value: number | undefined): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (Number.isFinite(value) && value > 0) return value;
  throw badOption(option, value, "a number above 0");
}

function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(option, value, "true or false");
}

function skipOf(option: string, skip: SkipOption<unknown>): ChunkStep["skip"] {
  if (typeof skip === "function") return skip;
  const known: readonly string[] = ERROR_CLASSES;
  if (!Array.isArray(skip) || skip.some((each: unknown) => !known.includes(String(each)))) {
    throw badOption(option, skip, `a function or a list of ${known.join(", ")}`);
  }
  return (error) => skip.includes(classOf(error));
}

const PERCENT = /^(\d+(?:\.\d+)?)%$/;

function failureRuleOf(option: string, value: OnFailure | null): FailureRule {
  if (value === "failFast" || value === "finishAll") return { kind: value };
  const tolerate: unknown = typeof value === "object" && value !== null ? value.tolerate : undefined;
  if (typeof tolerate === "number" && Number.isSafeInteger(tolerate) && tolerate >= 0)
    return { kind: "tolerate", items: tolerate };
  const share = typeof tolerate === "string" ? Number(PERCENT.exec(tolerate)?.[1]) / 100 : Number.NaN;
  if (share >= 0 && share <= 1) return { kind: "tolerate", share };
  throw badOption(option, value, 'failFast, finishAll, or { tolerate } of a whole number or of "5%"');
}

function ledgerOf(option: string, value: LedgerLevel): LedgerLevel {
  if (value === "all" || value === "failures" || value === "none") return value;
  throw badOption(option, value, "all, failures or none");
}
