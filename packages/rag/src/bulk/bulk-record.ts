/** What a record of a bulk source must be, part by part. */
import { ClassedError } from "@millrace/core";

/** A record's parts that are of one kind wherever they come from. */
export interface RecordParts {
  /** `undefined` where it has none of its own. */
  readonly id: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** An item's id is its name in the ledger, too. */
const MAX_ID_BYTES = 512;

/** The parts. @throws ClassedError of class validation, reason `malformed` or `bad-id`. */
export function recordParts(record: unknown): RecordParts {
  if (!isRecord(record)) throw malformed("it is no JSON object");
  const { id, metadata } = record;
  if (id !== undefined && !isId(id)) {
    const takes = `a text of 1 to ${MAX_ID_BYTES} bytes without NUL or half a surrogate pair`;
    throw new ClassedError("validation", "bad-id", `its id is ${shown(id)}; it takes ${takes}`);
  }
  if (metadata !== undefined && metadata !== null && !isRecord(metadata)) {
    throw malformed("its metadata is no JSON object");
  }
  return { id, fields: record, metadata: metadata ?? undefined };
}

/** The id of a record that has a sound one. */
export function idOf(record: unknown): string | undefined {
  return isRecord(record) && isId(record["id"]) ? record["id"] : undefined;
}

/** A field of a record, of anything else nothing. */
export function fieldOf(record: unknown, key: string): unknown {
  return isRecord(record) && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** A record that is not what it should be. */
export function malformed(why: string): ClassedError {
  return new ClassedError("validation", "malformed", why);
}

function isId(value: unknown): value is string {
  if (typeof value !== "string" || value === "" || Buffer.byteLength(value) > MAX_ID_BYTES) return false;
  return value.isWellFormed() && !value.includes("\0");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : typeof value;
}
