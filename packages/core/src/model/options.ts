/** Refusing what an options object may not say. */
import { MillraceError } from "./errors.ts";

/** @throws MillraceError `bad-config` naming the first key that is not known. */
export function refuseUnknownKeys(what: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new MillraceError("bad-config", `${what} has no option "${key}"; it knows ${known.join(", ")}`, {
      details: { option: key },
    });
  }
}

/** @throws MillraceError `bad-config` naming the option, the bad value and what it takes. */
export function badOption(option: string, value: unknown, takes: string): MillraceError {
  const shown = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return new MillraceError("bad-config", `${option} is ${shown}; it takes ${takes}`, {
    details: { option, value },
  });
}

/** The fields that are not undefined. */
export function withoutUndefined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Names of jobs, queues, workers and tags: printable, short enough for every store's keys. */
export const MAX_NAME_LENGTH = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const UNPRINTABLE = /[\u0000-\u001f\u007f\ud800-\udfff]/u;

/** Whether it is a name. */
export function isName(value: unknown): value is string {
  const fits = typeof value === "string" && value !== "" && value.length <= MAX_NAME_LENGTH;
  return fits && !UNPRINTABLE.test(value);
}

/** Checks a name. @throws MillraceError `bad-config`. */
export function checkName(option: string, value: unknown): string {
  if (isName(value)) return value;
  throw badOption(option, value, `1 to ${MAX_NAME_LENGTH} printable characters`);
}
