/** JSON in its one canonical form (RFC 8785): the same value is the same bytes wherever it is written. */
import type { Json } from "./json.ts";

/**
 * The canonical text: keys in the order of their UTF-16 code units, no spaces, numbers and strings as ECMAScript writes
 * them. What is `undefined` in an object is left out.
 */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`).join(",")}}`;
}

/** `Array.isArray` does not narrow to readonly lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
