/** The option `limits` of a definition: which limits its jobs run under. */
import { MAX_LIMIT_KEY, MOST_LIMITS } from "../model/limit.ts";
import { badOption } from "../model/options.ts";

/** Keys of limits, or what makes them of the input as it was enqueued. At most 16, each of 1 to 200 characters. */
export type LimitOption<Input = unknown> = readonly string[] | ((input: Input) => readonly string[]);

/** Checks the option. @throws MillraceError `bad-config` */
export function checkLimitOption(option: string, value: LimitOption | undefined): LimitOption | undefined {
  return typeof value === "function" || value === undefined ? value : checkLimits(option, value);
}

/** Checks keys; each is kept once. @throws MillraceError `bad-config` */
export function checkLimits(option: string, keys: readonly string[]): readonly string[] {
  if (!Array.isArray(keys)) throw badOption(option, keys, "a list of keys");
  const distinct = [...new Set(keys)];
  if (distinct.length > MOST_LIMITS)
    throw badOption(option, distinct.length, `at most ${MOST_LIMITS} limits`);
  for (const key of distinct) {
    if (typeof key === "string" && key !== "" && key.length <= MAX_LIMIT_KEY && isKept(key)) continue;
    throw badOption(option, key, `keys of 1 to ${MAX_LIMIT_KEY} characters that can be stored`);
  }
  return distinct;
}

function isKept(key: string): boolean {
  return key.isWellFormed() && !key.includes("\0");
}
