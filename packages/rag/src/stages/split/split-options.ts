/** Options of the Markdown splitter: their defaults and their check. */
import { MillraceError } from "@millrace/core";
import { RUN_BYTES } from "./cut.ts";

/** Sizes in cl100k_base tokens: `minTokens ≤ targetTokens ≤ maxTokens`. */
export interface MarkdownSplitterOptions {
  /** No passage has more. Default 512, at least 64. */
  readonly maxTokens?: number | undefined;
  /** A passage grows block by block up to this. Default 384. */
  readonly targetTokens?: number | undefined;
  /** Smaller passages join a neighbour on their page where the cap allows. Default 64. */
  readonly minTokens?: number | undefined;
}

/** Options with every value present and checked. */
export interface SplitSizes {
  readonly maxTokens: number;
  readonly targetTokens: number;
  readonly minTokens: number;
}

const DEFAULTS: SplitSizes = Object.freeze({ maxTokens: 512, targetTokens: 384, minTokens: 64 });

/** Fills in defaults; a smaller cap pulls target and minimum down with it. Throws `bad-config`. */
export function splitSizes(options: MarkdownSplitterOptions): SplitSizes {
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, key)) throw badOption(key, "is not an option", Object.keys(DEFAULTS));
  }
  const maxTokens = sizeOf("maxTokens", options.maxTokens ?? DEFAULTS.maxTokens, RUN_BYTES);
  const targetTokens = sizeOf(
    "targetTokens",
    options.targetTokens ?? Math.min(DEFAULTS.targetTokens, Math.ceil(maxTokens * 0.75)),
    1,
  );
  const minTokens = sizeOf("minTokens", options.minTokens ?? Math.min(DEFAULTS.minTokens, targetTokens), 0);
  if (targetTokens > maxTokens)
    throw badOption("targetTokens", `is above maxTokens (${maxTokens})`, targetTokens);
  if (minTokens > targetTokens)
    throw badOption("minTokens", `is above targetTokens (${targetTokens})`, minTokens);
  return { maxTokens, targetTokens, minTokens };
}

function sizeOf(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badOption(name, `must be a whole number of at least ${least}`, value);
}

function badOption(name: string, problem: string, value: unknown): MillraceError {
  return new MillraceError("bad-config", `splitter option ${name} ${problem}: ${JSON.stringify(value)}`, {
    details: { option: name, value },
  });
}
