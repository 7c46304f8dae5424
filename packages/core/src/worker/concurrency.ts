/** How many slots a worker has: a number, or between two numbers. */
import { badOption } from "../model/options.ts";

/** A number fixes the slots; between `min` and `max` they grow while the event loop and memory allow it. */
export type Concurrency = number | { readonly min: number; readonly max: number };

/** A {@link Concurrency} as the worker uses it: `min` is `max` where it is fixed. */
export interface ConcurrencyRange {
  readonly min: number;
  readonly max: number;
}

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function concurrencyRange(option: string, value: Concurrency): ConcurrencyRange {
  if (isWhole(value, 1)) return { min: value, max: value };
  if (isRange(value)) return { min: value.min, max: value.max };
  throw badOption(option, value, TAKES);
}

const TAKES = "a whole number, 1 or more, or { min, max } of such numbers, the smaller first";

function isRange(value: unknown): value is ConcurrencyRange {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { min, max, ...rest } = value as Readonly<Record<string, unknown>>; // an object, looked at field by field
  return isWhole(min, 1) && isWhole(max, min) && Object.keys(rest).length === 0;
}

/** The value, a whole number of `least` or more. @throws MillraceError `bad-config` */
export function wholeNumber(option: string, value: unknown, least: number): number {
  if (isWhole(value, least)) return value;
  throw badOption(option, value, `a whole number, ${least} or more`);
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}
