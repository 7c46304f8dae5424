/** The piece of a passage that says why it was found: a window where the query's words stand closest together. */

/** A snippet, and where in it the query's words stand. */
export interface Snippet {
  readonly text: string;
  /** Start and end of each match, in order, not overlapping. */
  readonly matches: readonly (readonly [number, number])[];
}

const WINDOW = 240;
const ELLIPSIS = "…";
/** The dots between a table of contents' title and page. */
const LEADERS = /(?:\s*\.){4,}/g;
/** Shorter words stand everywhere; they count only where the query has no other. */
const LEAST_WORD = 3;

/** Cuts at most `width` characters out of a text, white space and dot leaders folded, at word boundaries. */
export function snippetOf(text: string, query: string, width: number = WINDOW): Snippet {
  const folded = text.replaceAll(LEADERS, ` ${ELLIPSIS} `).replaceAll(/\s+/g, " ").trim();
  const matches = matchesIn(folded, wordsOf(query));
  const [start, end] = cut(folded, bestStart(matches, width), width);
  const before = start > 0 ? ELLIPSIS : "";
  const after = end < folded.length ? ELLIPSIS : "";
  const shift = before.length - start;
  return {
    text: before + folded.slice(start, end) + after,
    matches: matches
      .filter(([from, to]) => from >= start && to <= end)
      .map(([from, to]) => [from + shift, to + shift] as const),
  };
}

/** The snippet with its matches put through `mark`. */
export function marked({ text, matches }: Snippet, mark: (text: string) => string): string {
  let at = 0;
  let result = "";
  for (const [start, end] of matches) {
    result += text.slice(at, start) + mark(text.slice(start, end));
    at = end;
  }
  return result + text.slice(at);
}

function wordsOf(query: string): readonly string[] {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const long = words.filter((word) => word.length >= LEAST_WORD);
  return [...new Set(long.length > 0 ? long : words)];
}

/** Words that start with one of the query's, or with all but its last letters: `packages` finds `packaging`. */
function matchesIn(text: string, words: readonly string[]): readonly (readonly [number, number])[] {
  const stems = words.map((word) => word.slice(0, Math.max(LEAST_WORD, Math.ceil(word.length * 0.75))));
  const matches: (readonly [number, number])[] = [];
  for (const found of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    const word = found[0].toLowerCase();
    if (stems.some((stem) => word.startsWith(stem))) matches.push([found.index, found.index + word.length]);
  }
  return matches;
}

/** The start of the window that holds the most matches, a little before its first. */
function bestStart(matches: readonly (readonly [number, number])[], width: number): number {
  let best = 0;
  let most = 0;
  let last = 0;
  for (const [index, [from]] of matches.entries()) {
    while (last < matches.length && (matches[last]?.[1] ?? 0) <= from + width * 0.8) last += 1;
    if (last - index > most) {
      most = last - index;
      best = from;
    }
  }
  return Math.max(0, Math.round(best - width * 0.15));
}

/** Moves both ends to word boundaries. */
function cut(text: string, wanted: number, width: number): readonly [number, number] {
  const start = wanted === 0 ? 0 : text.indexOf(" ", Math.min(wanted, Math.max(0, text.length - width))) + 1;
  if (start + width >= text.length) return [start, text.length];
  const space = text.lastIndexOf(" ", start + width);
  return [start, space > start ? space : start + width];
}
