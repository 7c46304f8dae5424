/** What a setting is: its type, its default, and how it reads from text; the kinds of settings there are. */
import { type Duration, durationMs } from "@millrace/core";

/** One setting, without its key. `T` is the type of a checked value. */
export interface Setting<T> {
  /** Whether this is such a value, as a configuration file gives it. */
  accepts(value: unknown): value is T;
  /** What exactly is wrong with a value of several parts; nothing more to say where left out. */
  flawOf?(value: unknown): string | undefined;
  /** Turns a flag's or a variable's text into such a value; text that cannot be one stays text. */
  fromText(text: string): unknown;
  readonly defaultValue: T;
  /** The default in words, where its value differs from machine to machine. */
  readonly defaultWords?: string | undefined;
  /** What it takes, to end the sentence "it takes …". */
  readonly takes: string;
  readonly meaning: string;
  /** Whether the value may hold a password, to be masked wherever it is shown. */
  readonly secret?: boolean | undefined;
}

/** What a kind of settings cannot know of one. */
export type Words<T> = Pick<Setting<T>, "defaultValue" | "meaning">;

/** Text that the test accepts. */
export function text(words: Omit<Setting<string>, "accepts" | "fromText">, test: RegExp): Setting<string> {
  const accepts = (value: unknown): value is string => typeof value === "string" && test.test(value);
  return { ...words, accepts, fromText: (value) => value };
}

/** Text that the test accepts, or none. */
export function optionalText(
  words: Omit<Setting<string | undefined>, "accepts" | "fromText" | "defaultValue">,
  test: RegExp,
): Setting<string | undefined> {
  const inner = text({ ...words, defaultValue: "" }, test);
  const accepts = (value: unknown): value is string | undefined =>
    value === undefined || inner.accepts(value);
  return { ...inner, accepts, defaultValue: undefined };
}

/** A whole number, `least` or more. */
export function wholeNumber(words: Words<number>, least: number): Setting<number> {
  return {
    ...words,
    accepts: (value): value is number => isWholeNumber(value, least),
    fromText: numberFromText,
    takes: `a whole number, ${least} or more`,
  };
}

/** A whole number, `least` or more, that may be left out. */
export function optionalNumber(words: Words<number | undefined>, least: number): Setting<number | undefined> {
  return {
    ...words,
    accepts: (value): value is number | undefined => value === undefined || isWholeNumber(value, least),
    fromText: numberFromText,
    takes: `a whole number, ${least} or more`,
  };
}

/** A duration, kept as it is written. */
export function duration(words: Words<Duration>, leastMs = 0): Setting<Duration> {
  const accepts = (value: unknown): value is Duration => {
    try {
      return durationMs(value as Duration, "") >= leastMs; // refuses whatever is not one
    } catch {
      return false;
    }
  };
  const least = leastMs === 0 ? "" : `, ${leastMs} ms or more`;
  return {
    ...words,
    accepts,
    fromText: numberFromText,
    takes: `milliseconds, or text such as "500ms", "30s", "10m", "1h"${least}`,
  };
}

/** How long something is kept: a duration, or `forever`. */
export function keeping(words: Words<Duration | "forever">): Setting<Duration | "forever"> {
  const inner = duration({ ...words, defaultValue: 0 });
  return {
    ...words,
    accepts: (value): value is Duration | "forever" => value === "forever" || inner.accepts(value),
    fromText: numberFromText,
    takes: `"forever", ${inner.takes}`,
  };
}

/** One of a few words. */
export function choice<const T extends string>(words: Words<T>, options: readonly T[]): Setting<T> {
  return {
    ...words,
    accepts: (value): value is T => options.some((option) => option === value),
    fromText: (value) => value,
    takes: options.map((option) => `"${option}"`).join(", "),
  };
}

/** Whatever `check` does not throw at; as text, objects are JSON. */
export function checked<T>(
  words: Omit<Setting<T>, "accepts" | "fromText" | "flawOf">,
  check: (value: T) => unknown,
): Setting<T> {
  const flawOf = (value: unknown) => (value === null ? "it is empty" : flawIn(() => check(value as T))); // check refuses the rest
  return {
    ...words,
    accepts: (value): value is T => flawOf(value) === undefined,
    flawOf,
    fromText: (value) => (value.trimStart().startsWith("{") ? jsonFromText(value) : numberFromText(value)),
  };
}

function flawIn(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The value of JSON text; text that is none stays text. */
export function jsonFromText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isWholeNumber(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

function numberFromText(value: string): unknown {
  return /^\d+$/.test(value) ? Number(value) : value;
}
