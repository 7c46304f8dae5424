/** Values as the text PostgreSQL reads for a column of some type. */
import { ClassedError } from "@millrace/core";

/** A column of the table written to. */
export interface TableColumn {
  readonly name: string;
  /** How its values are written: as JSON, as a list of elements, or as the value's own text. */
  readonly kind: "json" | "list" | "plain";
}

/** Text, or null for NULL. @throws ClassedError of class validation naming the column, for a value without one meaning. */
export function columnText(column: TableColumn, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (column.kind === "json") return jsonOf(column, value);
  if (column.kind === "list" && Array.isArray(value)) return listText(column, value);
  return plainText(column, value);
}

/** What stands for the value in a JSON object whose fields become columns. @throws as {@link columnText}. */
export function columnJson(column: TableColumn, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (column.kind === "json") return JSON.parse(jsonOf(column, value));
  if (column.kind === "list" && Array.isArray(value))
    return value.map((element) => columnJson(column, element));
  return plainText(column, value);
}

function plainText(column: TableColumn, value: unknown): string {
  switch (typeof value) {
    case "string":
      if (value.isWellFormed() && !value.includes("\0")) return value;
      throw refusal(column, "text with NUL or half a surrogate pair");
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "t" : "f";
    case "object":
      return objectText(column, value as object); // null was dealt with
    default:
      throw refusal(column, `a ${typeof value}`);
  }
}

function objectText(column: TableColumn, value: object): string {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (value instanceof Float32Array || value instanceof Float64Array) return `[${value.join(",")}]`;
  if (!(value instanceof Date)) return jsonOf(column, value);
  if (!Number.isNaN(value.getTime())) return value.toISOString();
  throw refusal(column, "a date that is none");
}

function jsonOf(column: TableColumn, value: unknown): string {
  const text = jsonText(value);
  if (text === undefined) throw refusal(column, "what JSON cannot hold");
  return text;
}

function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a bigint in it, or itself
  }
}

function listText(column: TableColumn, values: readonly unknown[]): string {
  return `{${values.map((value) => elementText(column, value)).join(",")}}`;
}

function elementText(column: TableColumn, value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (Array.isArray(value)) return listText(column, value);
  return `"${plainText(column, value).replace(/["\\]/g, "\\$&")}"`;
}

function refusal({ name }: TableColumn, what: string): ClassedError {
  return new ClassedError("validation", "bad-output", `column ${name} cannot take ${what}`);
}
