/** What a setting is: its type, its default, and how it reads from text; the kinds of settings there are. */
import { type Duration, durationMs } from "@millrace/core";
import { z } from "zod";

/** One setting, without its key. `T` is the type of a checked value. */
export interface Setting<T> {
  /** Checks a value as a configuration file gives it. */
  readonly schema: z.ZodType<T>;
  /** Turns a flag's or a variable's text into such a value; text that cannot be one stays text. */
  fromText(text: string): unknown;
  readonly defaultValue: T;
  /** What it takes, to end the sentence "it takes …". */
  readonly takes: string;
  readonly meaning: string;
  /** Whether the value may hold a password, to be masked wherever it is shown. */
  readonly secret?: boolean | undefined;
}

type Words<T> = Pick<Setting<T>, "defaultValue" | "meaning">;

/** Text that the test accepts. */
export function text(words: Omit<Setting<string>, "schema" | "fromText">, test: RegExp): Setting<string> {
  return { ...words, schema: z.string().regex(test), fromText: (value) => value };
}

/** A whole number, `least` or more. */
export function wholeNumber(words: Words<number>, least: number): Setting<number> {
  return {
    ...words,
    schema: z.int().min(least),
    fromText: numberFromText,
    takes: `a whole number, ${least} or more`,
  };
}

/** A whole number, `least` or more, that may be left out. */
export function optionalNumber(words: Words<number | undefined>, least: number): Setting<number | undefined> {
  return {
    ...words,
    schema: z.int().min(least).optional(),
    fromText: numberFromText,
    takes: `a whole number, ${least} or more`,
  };
}

/** A duration, kept as it is written. */
export function duration(words: Words<Duration>, leastMs = 0): Setting<Duration> {
  const isDuration = (value: unknown): boolean => {
    try {
      return durationMs(value as Duration, "") >= leastMs; // refuses whatever is not one
    } catch {
      return false;
    }
  };
  const least = leastMs === 0 ? "" : `, ${leastMs} ms or more`;
  return {
    ...words,
    schema: z.custom<Duration>(isDuration),
    fromText: numberFromText,
    takes: `milliseconds, or text such as "500ms", "30s", "10m", "1h"${least}`,
  };
}

/** How long something is kept: a duration, or `forever`. */
export function keeping(words: Words<Duration | "forever">): Setting<Duration | "forever"> {
  const inner = duration({ ...words, defaultValue: 0 });
  return {
    ...words,
    schema: z.union([z.literal("forever"), inner.schema]),
    fromText: numberFromText,
    takes: `"forever", ${inner.takes}`,
  };
}

/** One of a few words. */
export function choice<const T extends string>(words: Words<T>, options: readonly T[]): Setting<T> {
  return {
    ...words,
    schema: z.enum(options),
    fromText: (value) => value,
    takes: options.map((option) => `"${option}"`).join(", "),
  };
}

function numberFromText(value: string): unknown {
  return /^\d+$/.test(value) ? Number(value) : value;
}
