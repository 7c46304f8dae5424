/** Items as they may be written: each checked, of one id the last. */
import { ClassedError, MillraceError } from "@millrace/core";
import type { CollectionItem } from "../ports/items.ts";

/** Items ready to be written. */
export interface CheckedItems {
  /** Each id once. */
  readonly items: readonly WritableItem[];
  readonly duplicates: readonly string[];
}

/** An item as adapters write it. */
export interface WritableItem {
  readonly id: string;
  readonly vector: Float32Array;
  readonly text: string | undefined;
  /** A JSON object. */
  readonly metadata: string | undefined;
}

const MAX_ID = 1_000;
const MAX_TEXT = 200_000;
const MOST_NAMED = 20;
/** NUL, and half of a pair of surrogates, which databases keep in no text. */
const UNKEPT_CHARACTER = /[\0\p{Surrogate}]/u;
/** The same as JSON escapes them. */
const UNKEPT = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/;

/**
 * What keeps an item out of a collection, or nothing: class `validation`, reason `embedding-dimensions`,
 * `embedding-value`, `bad-id`, `bad-text`, `bad-metadata`. For a bulk load, whose bad items fail one by one.
 */
export function itemProblem(
  item: CollectionItem,
  shape: { readonly name: string; readonly dimensions: number },
): ClassedError | undefined {
  const [reason, why] = problemOf(item, shape.dimensions) ?? [];
  if (reason === undefined) return undefined;
  return new ClassedError(
    "validation",
    reason,
    `item ${shown(item.id)} cannot go into collection "${shape.name}": ${why}`,
  );
}

/**
 * Checks all items and resolves repeated ids.
 * @throws MillraceError `collection-mismatch` where vectors have other dimensions, else `bad-input`; `details.items` has
 * `{index, id, reason, message}` of each bad item, and the message names the first of them.
 */
export function checkedItems(
  items: readonly CollectionItem[],
  shape: { readonly name: string; readonly dimensions: number },
): CheckedItems {
  refuseBad(items, shape);
  const last = new Map<string, CollectionItem>();
  const duplicates = new Set<string>();
  for (const item of items) {
    if (last.has(item.id)) duplicates.add(item.id);
    last.set(item.id, item);
  }
  return { items: [...last.values()].map(writable), duplicates: [...duplicates] };
}

function refuseBad(
  items: readonly CollectionItem[],
  shape: { readonly name: string; readonly dimensions: number },
): void {
  const bad = items.flatMap((item, index) => {
    const problem = itemProblem(item, shape);
    return problem === undefined
      ? []
      : [{ index, id: item.id, reason: problem.reason, message: problem.message }];
  });
  if (bad.length === 0) return;
  const code = bad.some(({ reason }) => reason === "embedding-dimensions")
    ? "collection-mismatch"
    : "bad-input";
  const named = bad.slice(0, MOST_NAMED).map(({ message }) => message);
  const rest = bad.length > named.length ? `; and ${bad.length - named.length} more` : "";
  throw new MillraceError(code, `${named.join("; ")}${rest}; nothing was written`, {
    details: { collection: shape.name, items: bad },
  });
}

function problemOf(
  { id, embedding, text, metadata }: CollectionItem,
  dimensions: number,
): readonly [reason: string, why: string] | undefined {
  if (typeof id !== "string" || id.length === 0 || id.length > MAX_ID || UNKEPT_CHARACTER.test(id))
    return ["bad-id", `an id is a text of 1 to ${MAX_ID} characters without NUL or half surrogates`];
  if (!(embedding instanceof Float32Array) && !Array.isArray(embedding))
    return ["embedding-value", "its embedding is not a list of numbers"];
  if (embedding.length !== dimensions)
    return [
      "embedding-dimensions",
      `its vector has ${embedding.length} dimensions, the collection's have ${dimensions}`,
    ];
  if (!isFinite32(embedding))
    return ["embedding-value", "its vector has a component that is not a finite number"];
  if (
    text !== undefined &&
    (typeof text !== "string" || text.length > MAX_TEXT || UNKEPT_CHARACTER.test(text))
  )
    return ["bad-text", `a text has at most ${MAX_TEXT} characters, no NUL and no half surrogates`];
  return metadata === undefined || isPlainJson(metadata)
    ? undefined
    : ["bad-metadata", "metadata is a JSON object without NUL or half surrogates"];
}

/** By index: iterating over the components of thousands of vectors takes several times as long. */
function isFinite32(vector: Float32Array | readonly number[]): boolean {
  for (let index = 0; index < vector.length; index++) {
    const value: unknown = vector[index];
    if (typeof value !== "number" || !Number.isFinite(Math.fround(value))) return false;
  }
  return true;
}

function isPlainJson(metadata: unknown): boolean {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return false;
  try {
    const text: unknown = JSON.stringify(metadata);
    return typeof text === "string" && !UNKEPT.test(text);
  } catch {
    return false; // a cycle or a bigint: its problem is told by the caller
  }
}

function writable({ id, embedding, text, metadata }: CollectionItem): WritableItem {
  return {
    id,
    vector: embedding instanceof Float32Array ? embedding : Float32Array.from(embedding),
    text,
    metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
  };
}

function shown(id: unknown): string {
  return JSON.stringify(typeof id === "string" ? id.slice(0, 100) : id);
}
