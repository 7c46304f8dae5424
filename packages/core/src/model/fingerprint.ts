/** What makes two errors the same: their class and shape, whatever ids, numbers and places they name. */
import { createHash } from "node:crypto";
import type { ErrorClass } from "./errors.ts";

/** Read of a message, and kept of it once masked: ids of different lengths must not move what is cut off. */
const MAX_READ = 8_192;
const MAX_MASKED = 2_048;
const MAX_FRAMES = 5;

/** Masks in order: a URL holds paths and numbers, a quoted string anything, a time digits. Long numbers look like hex. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>]+/gi, "<url>"],
  [/"[^"\n]*"|(?<!\w)'[^'\n]*'(?!\w)|`[^`\n]*`|“[^”\n]*”/g, "<text>"],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g, "<time>"],
  [/\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\b/g, "<time>"],
  [/(?:\b[a-z]:)?(?:[\\/][\w.@%+~-]+){2,}[\\/]?|(?:\.{1,2}|~)[\\/][\w.@%+~\\/-]+/gi, "<path>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b0x[0-9a-f]+\b|\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "<n>"],
  [/(?:(?<![\w.])[-+])?\d+(?:[.,_]\d+)*(?:e[-+]?\d+)?/gi, "<n>"],
];

/** The message with everything masked that differs between equal failures. */
export function maskMessage(message: string): string {
  const read = message.slice(0, MAX_READ);
  return MASKS.reduce((text, [pattern, mask]) => text.replace(pattern, mask), read).slice(0, MAX_MASKED);
}

/** Sixteen hex digits, equal for equal failures: class, masked message, first five frames without line numbers. */
export function fingerprintOf(errorClass: ErrorClass, message: string, stack = ""): string {
  const text = [errorClass, maskMessage(message), ...framesOf(stack, message)].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Function and file name only: where a program is installed, and on which Node, does not tell errors apart. */
function framesOf(stack: string, message: string): readonly string[] {
  const frames: string[] = [];
  // Lines of the message may look like frames.
  const start = message === "" ? -1 : stack.indexOf(message);
  for (const line of stack.slice(start < 0 ? 0 : start + message.length).split("\n")) {
    const frame = line.trim();
    if (!frame.startsWith("at ") || frame.includes("node:")) continue;
    // Loaders add queries to file names: who loaded a file when does not tell errors apart either.
    const place = frame.replace(/\?[^\s():]*/g, "").replace(/(?::\d+)+(?=[),]|$)/g, "");
    frames.push(place.replace(/[^\s(]*[\\/]/g, ""));
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}
