/** Ranking texts by a query's words without a database, by Okapi BM25. */
import { meetsQuery, parseWebQuery, wordsOf } from "./web-query.ts";

/** How much a word's repetition counts, and how much a text's length. */
const K1 = 1.2;
const B = 0.75;

/**
 * The texts that have all of the query's words, each with its score.
 *
 * Method: Robertson, Walker, Jones, Hancock-Beaulieu, Gatford, "Okapi at TREC-3", 1994, with the inverse document frequency
 * kept above zero: log(1 + (N - n + 0.5) / (n + 0.5)). N and n count the texts given, which PostgreSQL's ts_rank does
 * not look at: the order of near ties differs from a database's.
 */
export function textScores<T extends { readonly text: string }>(
  texts: readonly T[],
  query: string,
): readonly { readonly of: T; readonly score: number }[] {
  const parsed = parseWebQuery(query);
  const wanted = new Set(
    parsed.flatMap((terms) => terms.flatMap(({ words, isAbsent }) => (isAbsent ? [] : words))),
  );
  const read = texts.map((of) => ({ of, words: wordsOf(of.text) }));
  const meanLength = Math.max(
    1,
    read.reduce((sum, { words }) => sum + words.length, 0) / Math.max(1, read.length),
  );
  const holders = new Map([...wanted].map((word) => [word, 0]));
  for (const { words } of read) {
    for (const word of new Set(words)) {
      const before = holders.get(word);
      if (before !== undefined) holders.set(word, before + 1);
    }
  }
  return read
    .filter(({ words }) => meetsQuery(words, parsed))
    .map(({ of, words }) => {
      let score = 0;
      for (const [word, n] of holders) {
        const times = words.filter((each) => each === word).length;
        const rarity = Math.log(1 + (read.length - n + 0.5) / (n + 0.5));
        score += (rarity * times * (K1 + 1)) / (times + K1 * (1 - B + (B * words.length) / meanLength));
      }
      return { of, score };
    });
}
