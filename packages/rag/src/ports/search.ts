/** What is asked of a collection, and its answers. */

/**
 * Whether a search goes by vectors (`vector`), by words (`text`), or by both (`hybrid`): the ranks of a passage in both
 * lists are fused.
 */
export type SearchMode = "vector" | "text" | "hybrid";

/** What metadata can be compared with. */
export type MetadataScalar = string | number | boolean | null;

/** Data of the caller's beside a passage or an item: a JSON object. Filters look at its scalars. */
export type Metadata = Readonly<Record<string, unknown>>;

/**
 * What a value of the metadata must be: equal, one of several, or within a range of numbers or of texts (by their bytes),
 * both ends included. A missing key, an object, an array, and a value of another type than the range's meet nothing.
 */
export type MetadataCondition =
  | { readonly key: string; readonly equals: MetadataScalar }
  | { readonly key: string; readonly in: readonly MetadataScalar[] }
  | {
      readonly key: string;
      readonly atLeast?: string | number | undefined;
      readonly atMost?: string | number | undefined;
    };

/** What may be found at all; everything given must hold. An item's source is its id. */
export interface SearchFilter {
  /** Exactly this document, or this item. */
  readonly source?: string | undefined;
  /** Documents whose path, and items whose id, begins so. */
  readonly sourcePrefix?: string | undefined;
  readonly metadata?: readonly MetadataCondition[] | undefined;
}

/** One search. */
export interface SearchQuery {
  /** Default: `hybrid` where the query has words and the collection has texts, else what the query has. */
  readonly mode?: SearchMode | undefined;
  /** Of the collection's dimensions; for `vector` and `hybrid`. */
  readonly vector?: Float32Array | undefined;
  /** The model that made the vector: a collection of another model's vectors refuses it. Default: any. */
  readonly model?: string | undefined;
  /**
   * For `text` and `hybrid`, as people write it in a web search: every word must occur, `or` between two asks for either,
   * `"…"` for a phrase, `-` before a word for its absence.
   */
  readonly text?: string | undefined;
  /** Most hits, 1 … 1,000. */
  readonly limit: number;
  /** Hits below this {@link HitParts.score} are left out. */
  readonly minScore?: number | undefined;
  readonly filter?: SearchFilter | undefined;
}

/** What a hit's score is made of; a part is missing where that list does not have the hit. */
export interface ScoreParts {
  /** Cosine similarity, -1 … 1. */
  readonly vector?: number | undefined;
  /** How well the words fit; comparable within one search only. */
  readonly text?: number | undefined;
}

/** What all hits have. */
export interface HitParts {
  readonly id: string;
  /** Path of the passage's document; an item's id. */
  readonly source: string;
  /** Empty where an item has none. */
  readonly text: string;
  readonly metadata?: Metadata | undefined;
  /** `vector`: the cosine; `text`: the fit of the words; `hybrid`: the sum of 1 / (60 + rank) over both lists. */
  readonly score: number;
  readonly scores: ScoreParts;
}

/** A passage of a document. */
export interface PassageHit extends HitParts {
  readonly kind: "passage";
  readonly pageStart: number;
  readonly pageEnd: number;
  readonly start: number;
  readonly end: number;
  readonly headingPath: readonly string[];
}

/** An item that was put in with its vector. */
export interface ItemHit extends HitParts {
  readonly kind: "item";
}

/** One answer, best first. Equal scores are in the order of ids. */
export type SearchHit = PassageHit | ItemHit;
