/** What makes two errors the same: their class and shape, whatever ids, numbers and places they name. */
import { createHash } from "node:crypto";
import type { ErrorClass } from "./errors.ts";

const MAX_MESSAGE = 2_048;
const MAX_FRAMES = 5;

/** Masks in order: a URL holds paths and numbers, a quoted string anything, a time digits. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>]+/gi, "<url>"],
  [/"[^"\n]*"|(?<!\w)'[^'\n]*'(?!\w)|`[^`\n]*`|“[^”\n]*”/g, "<text>"],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g, "<time>"],
  [/\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\b/g, "<time>"],
  [/(?:\b[a-z]:)?(?:[\\/][\w.@%+~-]+){2,}[\\/]?|(?:\.{1,2}|~)[\\/][\w.@%+~\\/-]+/gi, "<path>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(?=[a-z]*\d)[0-9a-f]{8,}\b/gi, "<id>"],
  [/\d+(?:\.\d+)?/g, "<n>"],
];

/** The message with everything masked that differs between equal failures. */
export function maskMessage(message: string): string {
  return MASKS.reduce((text, [pattern, mask]) => text.replace(pattern, mask), message.slice(0, MAX_MESSAGE));
}

/** Sixteen hex digits, equal for equal failures: class, masked message, first five frames without line numbers. */
export function fingerprintOf(errorClass: ErrorClass, message: string, stack = ""): string {
  const text = [errorClass, maskMessage(message), ...framesOf(stack)].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Function and file name only: where a program is installed, and on which Node, does not tell errors apart. */
function framesOf(stack: string): readonly string[] {
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    const frame = line.trim();
    if (!frame.startsWith("at ") || frame.includes("node:")) continue;
    frames.push(frame.replace(/(?::\d+)+(?=\)?$)/, "").replace(/[^\s(]*[\\/]/g, ""));
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}
