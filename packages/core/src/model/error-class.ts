/** Telling the class of whatever a handler threw. */
import { ClassedError, type ErrorClass } from "./errors.ts";

const BY_CODE: ReadonlyMap<unknown, ErrorClass> = new Map<unknown, ErrorClass>([
  ...["ETIMEDOUT", "ESOCKETTIMEDOUT"].map((code) => [code, "timeout"] as const),
  ...["CONNECT", "HEADERS", "BODY"].map((what) => [`UND_ERR_${what}_TIMEOUT`, "timeout"] as const),
  ...[
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "EPIPE",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "UND_ERR_SOCKET",
  ].map((code) => [code, "connection"] as const),
  ["ENOENT", "not-found"],
  ["EACCES", "permission"],
  ["EPERM", "permission"],
]);
const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [401, "permission"],
  [403, "permission"],
  [404, "not-found"],
  [408, "timeout"],
  [410, "not-found"],
  [429, "rate-limited"],
]);
/** What a cause may make of an error: a failure is final by its own word only. */
const PASSING: ReadonlySet<ErrorClass> = new Set(["timeout", "connection", "rate-limited"]);
const MAX_CAUSES = 3;

/**
 * The class of anything thrown: its own word (`ClassedError`), else by well-known names, codes and HTTP statuses, else
 * a passing one of its causes, else `processing`.
 */
export function classOf(error: unknown): ErrorClass {
  const own = ownClass(error);
  if (own !== undefined) return own;
  for (const cause of causesOf(error).slice(1)) {
    const errorClass = ownClass(cause);
    if (errorClass !== undefined && PASSING.has(errorClass)) return errorClass;
  }
  return "processing";
}

/** The error and what caused it, a few of them. */
export function causesOf(error: unknown): readonly unknown[] {
  const causes = [error];
  for (let cause = fieldOf(error, "cause"); cause !== undefined; cause = fieldOf(cause, "cause")) {
    if (causes.length > MAX_CAUSES) break;
    causes.push(cause);
  }
  return causes;
}

/** A field of anything, hostile objects included. */
export function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function ownClass(error: unknown): ErrorClass | undefined {
  if (error instanceof ClassedError) return error.errorClass;
  if (fieldOf(error, "name") === "TimeoutError") return "timeout";
  return BY_CODE.get(fieldOf(error, "code")) ?? classOfStatus(statusOf(error));
}

/** The HTTP status an error carries, its own or its response's; `undefined` where it carries none. */
export function statusOf(error: unknown): unknown {
  const response = fieldOf(error, "response");
  const places = [error, response].flatMap((place) => [
    fieldOf(place, "status"),
    fieldOf(place, "statusCode"),
  ]);
  return places.find((status) => typeof status === "number");
}

function classOfStatus(status: unknown): ErrorClass | undefined {
  if (typeof status !== "number") return undefined;
  return status >= 500 && status <= 599 ? "connection" : BY_STATUS.get(status);
}
