/** The filter that `--filter` options say. */
import { resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import type { MetadataCondition, MetadataScalar, SearchFilter } from "@millrace/rag";

const CONDITION = /^(?<key>[^=<>^]+)(?<sign>=|\^=|>=|<=)(?<value>.*)$/s;
const SOURCE = "source";

/**
 * Reads conditions; paths that begin with a dot are counted from the folder. @throws MillraceError `bad-usage` for one that
 * is no condition, names two sources, or asks a range of what has none.
 */
export function searchFilter(conditions: readonly string[], folder: string): SearchFilter {
  const parsed = conditions.map(parse);
  const sources = parsed.filter(({ key }) => key === SOURCE);
  const others = parsed.filter(({ key }) => key !== SOURCE);
  const filter = sources.reduce<SearchFilter>((so, each) => withSource(so, each, folder), {});
  const metadata = [...equalities(others), ...others.filter(({ sign }) => sign !== "=").map(rangeOf)];
  return metadata.length === 0 ? filter : { ...filter, metadata };
}

interface Parsed {
  readonly text: string;
  readonly key: string;
  readonly sign: string;
  readonly value: string;
}

function parse(text: string): Parsed {
  const { key = "", sign = "", value = "" } = CONDITION.exec(text)?.groups ?? {};
  if (sign === "") throw badCondition(text, "it takes key=value, key>=value, key<=value or source^=prefix");
  if (sign === "^=" && key !== SOURCE) throw badCondition(text, "only source takes a prefix");
  return { text, key, sign, value };
}

/** One for each key: any of its values will do. */
function equalities(parsed: readonly Parsed[]): readonly MetadataCondition[] {
  const equal = new Map<string, MetadataScalar[]>();
  for (const { key, sign, value } of parsed) {
    if (sign === "=") equal.set(key, [...(equal.get(key) ?? []), scalarOf(value)]);
  }
  return [...equal].map(([key, values]) => ({ key, in: values }));
}

function withSource(filter: SearchFilter, { text, sign, value }: Parsed, folder: string): SearchFilter {
  if (sign !== "=" && sign !== "^=") throw badCondition(text, "a source takes = or ^=");
  const key = sign === "=" ? "source" : "sourcePrefix";
  if (filter[key] !== undefined) throw badCondition(text, "a search has one such condition of its source");
  return { ...filter, [key]: pathOf(value, folder) };
}

function rangeOf({ text, key, sign, value }: Parsed): MetadataCondition {
  const end = value === "" ? undefined : scalarOf(value);
  if (typeof end !== "string" && typeof end !== "number")
    throw badCondition(text, "a range takes texts or numbers");
  return sign === ">=" ? { key, atLeast: end } : { key, atMost: end };
}

function pathOf(value: string, folder: string): string {
  return /^\.{1,2}(\/|$)/.test(value) ? resolve(folder, value) : value;
}

/** A JSON scalar, or the text as it is. */
function scalarOf(value: string): MetadataScalar {
  try {
    const parsed: unknown = JSON.parse(value);
    if (parsed === null || ["string", "number", "boolean"].includes(typeof parsed))
      return parsed as MetadataScalar; // just checked
  } catch {
    return value; // plain words
  }
  return value;
}

function badCondition(text: string, why: string): MillraceError {
  return new MillraceError("bad-usage", `--filter ${JSON.stringify(text)}: ${why}`);
}
