/** How bound values become what goes over the wire, the same for every engine. */
import { MillraceError } from "@millrace/core";
import type { SqlValue } from "./sql-client.ts";

/** A value ready to be bound: PostgreSQL's text, bytes for bytea, or null. */
export type WireValue = string | Uint8Array | null;

/** Encodes one bound value. @throws MillraceError `bad-usage` for objects and other types without one clear meaning. */
export function encodeValue(value: SqlValue): WireValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return encodeArray(value);
  return encodeScalar(value);
}

function encodeScalar(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "t" : "f";
    default:
      throw new MillraceError(
        "bad-usage",
        `A ${typeof value} cannot be bound to a statement; pass text, a number, a boolean, bytes or null.`,
      );
  }
}

function encodeArray(values: readonly SqlValue[]): string {
  return `{${values.map(encodeElement).join(",")}}`;
}

function encodeElement(value: SqlValue): string {
  if (value === null || value === undefined) return "NULL";
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString("hex")}"`;
  if (Array.isArray(value)) return encodeArray(value);
  const text = encodeScalar(value);
  return `"${text.includes('"') || text.includes("\\") ? text.replace(/["\\]/g, "\\$&") : text}"`;
}
