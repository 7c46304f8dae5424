/** JSON values at the boundary: what is taken, and the limits it is held to. */
import { MillraceError } from "./errors.ts";
import { messageOf } from "./message-of.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Limits of one value: bytes of its JSON text in UTF-8, and levels of lists and objects. */
export const JSON_LIMITS: Readonly<{ maxBytes: number; maxDepth: number }> = Object.freeze({
  maxBytes: 1_048_576,
  maxDepth: 64,
});

/**
 * Checks that a value is exactly representable as JSON, and gives its text.
 * @throws MillraceError `not-serialisable` naming the place, `too-large` past {@link JSON_LIMITS}.
 */
export function encodeJson(value: unknown, what: string): string {
  check(value, what, 0);
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > JSON_LIMITS.maxBytes) {
    throw new MillraceError("too-large", `${what} is ${bytes} bytes; the limit is ${JSON_LIMITS.maxBytes}`);
  }
  return text;
}

/**
 * What {@link encodeJson} refuses the value for, if anything; also where a part of it cannot even be looked at, as behind
 * a getter that throws.
 */
export function unfitness(value: unknown, what: string): MillraceError | undefined {
  try {
    encodeJson(value, what);
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    return new MillraceError("not-serialisable", `${what} cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Checks that a value is exactly representable as JSON, without making its text.
 * @throws MillraceError `not-serialisable` naming the place, `too-large` where it is nested too deep.
 */
export function checkJson(value: unknown, what: string): asserts value is Json {
  check(value, what, 0);
}

function check(value: unknown, path: string, depth: number): void {
  switch (typeof value) {
    case "string":
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value) || Object.is(value, -0))
        throw unserialisable(path, Object.is(value, -0) ? "-0" : String(value));
      return;
    case "object":
      if (value !== null) checkObject(value, path, depth);
      return;
    default:
      throw unserialisable(path, typeof value);
  }
}

function checkObject(value: object, path: string, depth: number): void {
  if (depth >= JSON_LIMITS.maxDepth) {
    throw new MillraceError("too-large", `${path} is nested deeper than ${JSON_LIMITS.maxDepth} levels`);
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) check(value[index], `${path}[${index}]`, depth + 1);
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw unserialisable(path, `an instance of ${value.constructor?.name ?? "a class"}`);
  }
  if ("toJSON" in value) throw unserialisable(path, "an object with toJSON");
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) check(member, `${path}.${key}`, depth + 1);
  }
}

function unserialisable(path: string, what: string): MillraceError {
  return new MillraceError("not-serialisable", `${path} is ${what}, which JSON cannot hold exactly`);
}
