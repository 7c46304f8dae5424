/** A search as it was asked for, checked, with its mode decided. */
import { MillraceError } from "@millrace/core";
import type { SearchMode, SearchQuery } from "../ports/search.ts";
import { otherModel } from "./other-shape.ts";

const MODES: readonly SearchMode[] = ["vector", "text", "hybrid"];
const MOST_HITS = 1_000;

/** A search that can be carried out. */
export interface CheckedQuery extends Omit<SearchQuery, "mode" | "vector" | "text"> {
  readonly mode: SearchMode;
  /** All zeros, and not looked at, in mode `text`. */
  readonly vector: Float32Array;
  /** Empty, and not looked at, in mode `vector`. */
  readonly text: string;
}

/** The collection a query is for. */
export interface AskedCollection {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  hasText(): Promise<boolean>;
}

/**
 * Decides the mode and checks that the query has what it needs.
 * @throws MillraceError `bad-input` for a query without what its mode needs, an unknown mode, or a limit out of bounds;
 * `collection-mismatch` for a vector of another model, or of other dimensions than the collection's.
 */
export async function checkedQuery(query: SearchQuery, collection: AskedCollection): Promise<CheckedQuery> {
  const { limit, vector, minScore } = query;
  const text = query.text?.trim() ?? "";
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HITS)
    throw badQuery(`limit is ${limit}; it takes a whole number, 1 to ${MOST_HITS}`);
  if (minScore !== undefined && !Number.isFinite(minScore)) throw badQuery(`minScore is ${minScore}`);
  const mode = query.mode ?? (await modeOf({ vector, text }, collection));
  if (!MODES.includes(mode)) throw badQuery(`mode is ${JSON.stringify(mode)}; it takes ${MODES.join(", ")}`);
  if (mode !== "text") checkVector(mode, query, collection);
  if (mode !== "vector" && text === "") throw badQuery(`mode ${mode} needs words to look for`);
  return { ...query, mode, vector: vector ?? new Float32Array(), text };
}

async function modeOf(
  { vector, text }: { readonly vector: Float32Array | undefined; readonly text: string },
  collection: Pick<AskedCollection, "hasText">,
): Promise<SearchMode> {
  if (vector === undefined) return "text";
  return text !== "" && (await collection.hasText()) ? "hybrid" : "vector";
}

function checkVector(
  mode: SearchMode,
  { vector, model: asks }: Pick<SearchQuery, "vector" | "model">,
  { name, model, dimensions }: AskedCollection,
): void {
  if (vector === undefined) throw badQuery(`mode ${mode} needs a vector`);
  if (asks !== undefined && asks !== model) throw otherModel({ name, model }, asks);
  if (vector.length === dimensions) return;
  throw new MillraceError(
    "collection-mismatch",
    `collection "${name}" holds ${dimensions}-dimensional vectors; the query has ${vector.length}`,
  );
}

function badQuery(why: string): MillraceError {
  return new MillraceError("bad-input", `cannot search: ${why}`);
}
