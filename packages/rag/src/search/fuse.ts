/** From ranked lists of candidates to one, by reciprocal rank fusion. */
import type { ScoreParts, SearchMode } from "../ports/search.ts";

/** Something found, by a list's own score. */
export interface Candidate {
  readonly kind: "passage" | "item";
  readonly id: string;
  readonly score: number;
}

/** A candidate with what its score is made of. */
export interface RankedHit extends Candidate {
  readonly scores: ScoreParts;
}

/** The constant of the method: how little the first ranks stand out. */
const K = 60;
const LEAST_DEPTH = 100;
/** Such texts are in the order of their characters; asking Buffer costs many times as much. */
const ASCII = /^[\0-\x7f]*$/;

/** How many candidates each list has to give, so that the best `limit` of both together are among them. */
export function depthOf(mode: SearchMode, limit: number): number {
  return mode === "hybrid" ? Math.max(LEAST_DEPTH, limit * 2) : limit;
}

/**
 * The best `limit` of one list, or of both fused, best first; equal scores in the order of ids.
 *
 * Method: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
 * SIGIR 2009: the sum of 1 / (60 + rank) over the lists that have the candidate.
 */
export function ranked(
  lists: { readonly vector?: readonly Candidate[]; readonly text?: readonly Candidate[] },
  mode: SearchMode,
  bounds: { readonly limit: number; readonly minScore?: number | undefined },
): readonly RankedHit[] {
  const found = new Map<string, RankedHit>();
  for (const part of ["vector", "text"] as const) {
    for (const [index, candidate] of inOrder(lists[part] ?? []).entries()) {
      const key = `${candidate.kind} ${candidate.id}`;
      const before = found.get(key);
      const score = mode === "hybrid" ? (before?.score ?? 0) + 1 / (K + index + 1) : candidate.score;
      found.set(key, { ...candidate, score, scores: { ...before?.scores, [part]: candidate.score } });
    }
  }
  const { limit, minScore = Number.NEGATIVE_INFINITY } = bounds;
  return inOrder([...found.values()])
    .filter(({ score }) => score >= minScore)
    .slice(0, limit);
}

/** Best first; ids by their bytes, as the databases have them. */
function byScore(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return b.score - a.score;
  return byBytes(a.id, b.id) || (a.kind < b.kind ? -1 : 1);
}

/** Texts in the order of their UTF-8 bytes. */
export function byBytes(a: string, b: string): number {
  return ASCII.test(a) && ASCII.test(b)
    ? a < b
      ? -1
      : Number(a > b)
    : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function inOrder<T extends Candidate>(candidates: readonly T[]): T[] {
  return [...candidates].sort(byScore);
}
