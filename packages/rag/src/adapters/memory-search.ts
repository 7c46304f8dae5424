/** Searches in this process's memory: every passage and item is looked at. */
import type { CollectionShape, IndexedDocument, IndexedPassage } from "../ports/collections.ts";
import type { Metadata, SearchHit, SearchQuery } from "../ports/search.ts";
import type { WritableItem } from "../search/checked-items.ts";
import { checkedQuery } from "../search/checked-query.ts";
import { filterTest } from "../search/filter.ts";
import { type Candidate, depthOf, type RankedHit, ranked } from "../search/fuse.ts";
import { textScores } from "../search/text-rank.ts";
import { cosine } from "./exact-scan.ts";

/** An item as it is kept: nothing of it is the caller's. */
export interface KeptItem {
  readonly id: string;
  readonly vector: Float32Array;
  readonly text: string | undefined;
  readonly metadata: Metadata | undefined;
}

/** A collection as searches see it. */
export interface SearchedMemory {
  readonly shape: CollectionShape;
  readonly documents: ReadonlyMap<string, IndexedDocument>;
  readonly items: ReadonlyMap<string, KeptItem>;
}

/** What may be found: how it ranks, and the hit it makes. */
interface Findable {
  readonly kind: Candidate["kind"];
  readonly id: string;
  readonly source: string;
  readonly vector: Float32Array;
  readonly text: string;
  readonly metadata: Metadata | undefined;
  hit(found: RankedHit): SearchHit;
}

/** A copy to keep. */
export function keptItem({ id, vector, text, metadata }: WritableItem): KeptItem {
  const copy = metadata === undefined ? undefined : (JSON.parse(metadata) as Metadata); // checked JSON of an object
  return { id, text, vector: vector.slice(), metadata: copy };
}

/** Carries out a search. @throws as the port says. */
export async function searchMemory(kept: SearchedMemory, asked: SearchQuery): Promise<readonly SearchHit[]> {
  const passes = filterTest(asked.filter);
  const all = findables(kept);
  const hasText = async (): Promise<boolean> => all.some(({ text }) => text !== "");
  const query = await checkedQuery(asked, { ...kept.shape, hasText });
  const open = all.filter(({ source, metadata }) => passes(source, metadata));
  const depth = depthOf(query.mode, query.limit);
  const top = (candidates: readonly Candidate[]): readonly Candidate[] =>
    ranked({ vector: candidates }, "vector", { limit: depth });
  const vector =
    query.mode === "text"
      ? []
      : top(open.map(({ kind, id, vector: other }) => ({ kind, id, score: cosine(query.vector, other) })));
  const text =
    query.mode === "vector"
      ? []
      : top(textScores(open, query.text).map(({ of: { kind, id }, score }) => ({ kind, id, score })));
  const byKey = new Map(open.map((each) => [`${each.kind} ${each.id}`, each]));
  return ranked({ vector, text }, query.mode, query).flatMap((found) => {
    const each = byKey.get(`${found.kind} ${found.id}`);
    return each === undefined ? [] : [each.hit(found)];
  });
}

function findables({ documents, items }: SearchedMemory): readonly Findable[] {
  const passages = [...documents.values()].flatMap((document) =>
    document.passages.map((passage) => ofPassage(document, passage)),
  );
  return [...passages, ...[...items.values()].map(ofItem)];
}

function ofPassage({ source, metadata }: IndexedDocument, passage: IndexedPassage): Findable {
  const { id, text, vector, pageStart, pageEnd, start, end, headingPath } = passage;
  const place = { pageStart, pageEnd, start, end, headingPath };
  const more = metadata === undefined ? {} : { metadata };
  return {
    ...{ kind: "passage", id, source, vector, text, metadata },
    hit: ({ score, scores }) => ({ kind: "passage", id, source, text, ...place, ...more, score, scores }),
  };
}

function ofItem({ id, vector, text = "", metadata }: KeptItem): Findable {
  const more = metadata === undefined ? {} : { metadata };
  return {
    ...{ kind: "item", id, source: id, vector, text, metadata },
    hit: ({ score, scores }) => ({ kind: "item", id, source: id, text, ...more, score, scores }),
  };
}
