/** Words as people write them in a web search, read as PostgreSQL's websearch_to_tsquery reads them. */

/** A phrase, or a word as a phrase of one, that must occur, or must not. */
interface QueryTerm {
  readonly words: readonly string[];
  readonly isAbsent: boolean;
}

/** Alternatives, of which one must hold with all its terms. */
export type WebQuery = readonly (readonly QueryTerm[])[];

const TOKEN = /(-?)"([^"]*)"?|(-?)([^\s"]+)/gu;

/** The lower-cased words of a text. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

/** Reads a query. Without any word there are no alternatives, and nothing is found. */
export function parseWebQuery(text: string): WebQuery {
  const alternatives: QueryTerm[][] = [[]];
  for (const [, quotedSign, quoted, sign, bare = ""] of text.matchAll(TOKEN)) {
    if (quoted === undefined && bare.toLowerCase() === "or") {
      alternatives.push([]);
      continue;
    }
    const words = wordsOf(quoted ?? bare);
    const isAbsent = (quoted === undefined ? sign : quotedSign) === "-";
    if (words.length > 0) alternatives.at(-1)?.push({ words, isAbsent });
  }
  return alternatives.filter((terms) => terms.length > 0);
}

/** Whether a text of these words meets the query. */
export function meetsQuery(words: readonly string[], query: WebQuery): boolean {
  return query.some((terms) => terms.every((term) => occurs(words, term.words) !== term.isAbsent));
}

function occurs(words: readonly string[], phrase: readonly string[]): boolean {
  return words.some((_, from) => phrase.every((word, index) => words[from + index] === word));
}
