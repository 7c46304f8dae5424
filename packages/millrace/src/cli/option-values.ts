/** What options take, read from their text: durations, moments, lists of words. */
import { type Duration, durationMs, MillraceError } from "@millrace/core";
import { InvalidArgumentError } from "commander";

/** A moment: an instant, or how long ago on the store's clock. */
export type Moment = { readonly atMs: number } | { readonly agoMs: number };

/** Reads a duration such as `30s`. */
export function durationValue(text: string): Duration {
  if (msOf(text) !== undefined) return text as Duration; // just parsed
  throw new InvalidArgumentError("It takes a duration such as 500ms, 30s, 10m, 1h or 2d.");
}

/** Reads a moment: ISO 8601, or a duration that counts back from now. */
export function momentValue(text: string): Moment {
  const agoMs = msOf(text);
  if (agoMs !== undefined) return { agoMs };
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(atMs)) return { atMs };
  throw new InvalidArgumentError(
    "It takes an instant such as 2026-03-01T08:00:00Z, or how long ago, such as 10m or 2d.",
  );
}

/** Reads words that are given with commas between them, or one by one; each is one of `choices`. */
export function wordsFrom<Word extends string>(
  choices: readonly Word[],
): (text: string, before: readonly Word[] | undefined) => readonly Word[] {
  return (text, before = []) => {
    const words = text.split(",").map((word) => word.trim());
    const known = choices.filter((choice) => words.includes(choice));
    const bad = words.find((word) => !(choices as readonly string[]).includes(word));
    if (bad === undefined) return [...new Set([...before, ...known])];
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
  };
}

/** Reads names with commas between them. */
export function namesFrom(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

/** Gathers an option that may be given several times. */
export function gathered(text: string, before: readonly string[] | undefined = []): readonly string[] {
  return [...before, text];
}

function msOf(text: string): number | undefined {
  try {
    return durationMs(text as Duration, "it"); // checked right here
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}

const MAX_NAME_LENGTH = 200;

/** The value of `--collection`. @throws MillraceError `bad-usage` for what is no name */
export function collectionName(name: string): string {
  const isPlain = name.trim() !== "" && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name);
  if (isPlain) return name;
  throw new MillraceError(
    "bad-usage",
    `--collection is ${JSON.stringify(name)}; it takes 1 to ${MAX_NAME_LENGTH} printable characters`,
  );
}
