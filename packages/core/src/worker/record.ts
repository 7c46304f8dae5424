/** The line kept of each attempt, and the settlement's outcome that goes with it. */
import type { AttemptError, AttemptRecord } from "../model/attempt.ts";
import { classOf } from "../model/error-class.ts";
import { ClassedError } from "../model/errors.ts";
import { fingerprintOf } from "../model/fingerprint.ts";
import { encodeJson } from "../model/json.ts";
import { messageOf } from "../model/message-of.ts";

const MAX_MESSAGE_BYTES = 2_048;
const MAX_STACK_BYTES = 4_096;
const MAX_NAME_BYTES = 200;

/** What history keeps of anything thrown. */
export function attemptError(error: unknown): AttemptError {
  const errorClass = classOf(error);
  const message = messageOf(error);
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : undefined;
  return {
    class: errorClass,
    ...(error instanceof ClassedError ? { reason: cut(error.reason, MAX_NAME_BYTES) } : {}),
    name: cut(nameOf(error), MAX_NAME_BYTES),
    message: cut(message, MAX_MESSAGE_BYTES),
    ...(stack === undefined ? {} : { stack: cut(stack, MAX_STACK_BYTES) }),
    fingerprint: fingerprintOf(errorClass, message, stack),
  };
}

/** One line of JSON. */
export function encodeRecord(record: AttemptRecord): string {
  return JSON.stringify(record);
}

/**
 * One line of JSON for a completed attempt; `result` may be anything a handler returned.
 * @throws ClassedError of class validation where JSON cannot hold the result, or the limits forbid it.
 */
export function encodeCompleted(worker: string, durationMs: number, result: unknown): string {
  const head = `{"worker":${JSON.stringify(worker)},"durationMs":${durationMs},"outcome":"completed"`;
  return result === undefined ? `${head}}` : `${head},"result":${encodeResult(result)}}`;
}

/** A result as its text. @throws ClassedError of class validation where JSON cannot hold it, or the limits forbid it. */
export function encodeResult(result: unknown): string {
  try {
    return encodeJson(result, "the result");
  } catch (error) {
    throw badResult(error);
  }
}

function badResult(cause: unknown): ClassedError {
  return new ClassedError("validation", "bad-result", messageOf(cause), cause);
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return "Error";
  }
}

/** At most so many bytes of UTF-8, cut between characters. */
export function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text.slice(0, maxBytes));
  if (bytes.length <= maxBytes) return bytes.toString();
  let end = maxBytes;
  while (end > 0 && (bytes.readUInt8(end) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
