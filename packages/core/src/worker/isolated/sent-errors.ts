/** Errors on their way between processes: what retry, history and callbacks look at arrives as it left. */
import { fieldOf } from "../../model/error-class.ts";
import { ClassedError, MillraceError, UnrecoverableError } from "../../model/errors.ts";
import { encodeJson } from "../../model/json.ts";
import { messageOf } from "../../model/message-of.ts";
import { PutOffError } from "../../model/put-off.ts";
import { RetryAfterError } from "../../model/retry-after.ts";
import { JobCancelled } from "../job-cancelled.ts";
import { LeaseLost } from "../lease-lost.ts";
import { cut } from "../record.ts";

/** Anything that was thrown: an error, or a plain value. */
export type SentThrown = SentError | { readonly kind: "value"; readonly value: unknown };

/** An error's class, text and fields. */
interface SentError {
  readonly kind: "error";
  /** Of {@link CLASSES}; `Error` for classes that only the handler's module knows, which are told by `name`. */
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Own fields that JSON can hold, by name. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: SentThrown | undefined;
}

/** The most telling class first. */
const CLASSES: readonly (readonly [string, new (...rest: never[]) => Error])[] = [
  ["LeaseLost", LeaseLost],
  ["JobCancelled", JobCancelled],
  ["PutOffError", PutOffError],
  ["RetryAfterError", RetryAfterError],
  ["UnrecoverableError", UnrecoverableError],
  ["ClassedError", ClassedError],
  ["MillraceError", MillraceError],
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
  ["ReferenceError", ReferenceError],
  ["Error", Error],
];
const PROTOTYPES: ReadonlyMap<string, object> = new Map(
  CLASSES.map(([type, { prototype }]) => [type, prototype]),
);

const MAX_CAUSES = 4;
const MAX_TEXT_BYTES = 16_384;
const MAX_FIELDS = 32;
/** Told by themselves. */
const APART: ReadonlySet<string> = new Set(["message", "stack", "cause", "name"]);

/** What can be sent of anything thrown. Never throws. */
export function sentError(thrown: unknown, depth = 0): SentThrown {
  if (!(thrown instanceof Error)) return { kind: "value", value: sentValue(thrown) };
  const cause = fieldOf(thrown, "cause");
  const stack = fieldOf(thrown, "stack");
  return {
    kind: "error",
    type: typeOf(thrown),
    name: cut(String(fieldOf(thrown, "name") ?? "Error"), MAX_TEXT_BYTES),
    message: cut(messageOf(thrown), MAX_TEXT_BYTES),
    stack: typeof stack === "string" ? cut(stack, MAX_TEXT_BYTES) : undefined,
    fields: fieldsOf(thrown),
    cause: cause === undefined || depth >= MAX_CAUSES ? undefined : sentError(cause, depth + 1),
  };
}

/** What was thrown in the other process, an instance of the same class where this process has it. */
export function thrownOf(sent: SentThrown): unknown {
  if (sent.kind === "value") return sent.value;
  const { type, name, message, stack, fields } = sent;
  const cause = sent.cause === undefined ? undefined : { cause: thrownOf(sent.cause) };
  const error = type === "DOMException" ? new DOMException(message, name) : new Error(message, cause);
  if (type === "DOMException") return withField(error, "stack", stack);
  Object.setPrototypeOf(error, PROTOTYPES.get(type) ?? Error.prototype);
  for (const [key, value] of Object.entries(fields)) withField(error, key, value);
  if (error.name !== name) withField(error, "name", name);
  return withField(error, "stack", stack);
}

function typeOf(error: Error): string {
  if (error instanceof DOMException) return "DOMException";
  return CLASSES.find(([, each]) => error instanceof each)?.[0] ?? "Error";
}

/** Defined, so that no setter is run. */
function withField(error: Error, key: string, value: unknown): Error {
  return Object.defineProperty(error, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: !APART.has(key),
  });
}

/** A value that was thrown although it is no error. */
function sentValue(value: unknown): unknown {
  return kept(value) ?? (value === undefined || value === null ? value : messageOf(value));
}

function fieldsOf(error: Error): Readonly<Record<string, unknown>> {
  const names = Object.keys(error).filter((name) => !APART.has(name));
  const own = names.slice(0, MAX_FIELDS).map((name) => [name, kept(fieldOf(error, name))] as const);
  return { ...Object.fromEntries(own.filter(([, value]) => value !== undefined)), ...hintsOf(error) };
}

/** A value as JSON keeps it; `undefined` where it cannot, or where it is long. */
function kept(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  try {
    const json = encodeJson(value, "a field");
    return json.length > MAX_TEXT_BYTES ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** What tells how to retry, of responses too that are no plain data. */
function hintsOf(error: Error): Readonly<Record<string, unknown>> {
  const response = fieldOf(error, "response");
  const headers = headersOf(fieldOf(error, "headers"));
  const ofResponse = {
    ...statusesOf(response),
    ...named("headers", headersOf(fieldOf(response, "headers"))),
  };
  return {
    ...statusesOf(error),
    ...named("headers", headers),
    ...named("response", Object.keys(ofResponse).length === 0 ? undefined : ofResponse),
  };
}

function statusesOf(place: unknown): Readonly<Record<string, unknown>> {
  const statuses = ["status", "statusCode"].map((key) => [key, fieldOf(place, key)] as const);
  return Object.fromEntries(statuses.filter(([, status]) => typeof status === "number"));
}

function named(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [name]: value };
}

/** Of a `Headers`, or of a plain object in whatever case. */
function headersOf(headers: unknown): Readonly<Record<string, unknown>> | undefined {
  const entries = ["retry-after", "retry-after-ms", "date"].flatMap((name) => {
    const value = kept(headerOf(headers, name));
    return value === undefined ? [] : [[name, value] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function headerOf(headers: unknown, name: string): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  const get = fieldOf(headers, "get");
  if (typeof get === "function") return get.call(headers, name);
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
