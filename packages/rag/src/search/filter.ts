/** Filters of searches: checked, as the databases take them, and decided in memory. */
import { MillraceError } from "@millrace/core";
import type { Metadata, MetadataCondition, MetadataScalar, SearchFilter } from "../ports/search.ts";

/** A filter as its statements take it: source, prefix of sources, conditions json; null for any. */
export type FilterValues = readonly [source: string | null, prefix: string | null, conditions: string | null];

/** The filter as parameters. @throws MillraceError `bad-input` for a condition that has no clear meaning. */
export function filterValues(filter: SearchFilter = {}): FilterValues {
  const conditions = (filter.metadata ?? []).map(checked);
  return [
    filter.source ?? null,
    filter.sourcePrefix ?? null,
    conditions.length === 0 ? null : JSON.stringify(conditions),
  ];
}

/** Decides whether a passage or item may be found. @throws as {@link filterValues}. */
export function filterTest(
  filter: SearchFilter = {},
): (source: string, metadata: Metadata | undefined) => boolean {
  const conditions = (filter.metadata ?? []).map(checked);
  const { source: wanted, sourcePrefix = "" } = filter;
  return (source, metadata) =>
    (wanted === undefined || source === wanted) &&
    source.startsWith(sourcePrefix) &&
    conditions.every((condition) => meets(metadata, condition));
}

/** A condition in one of the two forms that are decided. */
type Checked =
  | { readonly key: string; readonly in: readonly MetadataScalar[] }
  | { readonly key: string; readonly atLeast?: string | number; readonly atMost?: string | number };

function checked(condition: MetadataCondition): Checked {
  const { key } = condition;
  if (typeof key !== "string" || key === "" || key.includes("\0"))
    throw badCondition(condition, "it names no key");
  if ("equals" in condition) return { key, in: [scalar(condition, condition.equals)] };
  if ("in" in condition) {
    if (!Array.isArray(condition.in)) throw badCondition(condition, "in takes a list");
    return { key, in: condition.in.map((value) => scalar(condition, value)) };
  }
  return { key, ...range(condition) };
}

function range(condition: Extract<MetadataCondition, { readonly atLeast?: unknown }>): {
  readonly atLeast?: string | number;
  readonly atMost?: string | number;
} {
  const { atLeast, atMost } = condition;
  const ends = [atLeast, atMost].filter((end) => end !== undefined);
  if (ends.length === 0) throw badCondition(condition, "it asks for nothing");
  for (const end of ends) {
    const value = scalar(condition, end);
    if (typeof value !== "string" && typeof value !== "number")
      throw badCondition(condition, "a range is of numbers or of texts");
  }
  if (ends.length === 2 && typeof atLeast !== typeof atMost)
    throw badCondition(condition, "both ends of a range are of one type");
  return { ...(atLeast === undefined ? {} : { atLeast }), ...(atMost === undefined ? {} : { atMost }) };
}

function scalar(condition: MetadataCondition, value: unknown): MetadataScalar {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw badCondition(condition, "it takes texts, finite numbers, true, false and null");
}

function badCondition(condition: MetadataCondition, why: string): MillraceError {
  return new MillraceError("bad-input", `cannot filter by ${JSON.stringify(condition)}: ${why}`);
}

function meets(metadata: Metadata | undefined, condition: Checked): boolean {
  if (metadata === undefined || !Object.hasOwn(metadata, condition.key)) return false;
  const value = metadata[condition.key];
  if ("in" in condition) return condition.in.some((wanted) => wanted === value);
  const { atLeast, atMost } = condition;
  return within(value, atLeast, 1) && within(value, atMost, -1);
}

/** Whether a value is at the end of a range or on the side of it that `sign` says. */
function within(value: unknown, end: string | number | undefined, sign: 1 | -1): boolean {
  if (end === undefined) return typeof value === "string" || typeof value === "number";
  if (typeof value === "number" && typeof end === "number") return (value - end) * sign >= 0;
  if (typeof value !== "string" || typeof end !== "string") return false;
  return Buffer.compare(Buffer.from(value), Buffer.from(end)) * sign >= 0;
}
