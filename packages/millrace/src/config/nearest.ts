/** Which known word somebody meant who wrote another. */

/** Most letters that may be wrong, missing or too many. */
const MAX_DISTANCE = 2;
/** Shorter words are a few letters away from too many others. */
const MIN_LENGTH = 4;

/**
 * The known word that differs only in case and punctuation, else of which the given one is the last part, else the one
 * fewest letters away; `undefined` where none is near.
 */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  const plain = plainOf(word);
  const same = known.find((each) => plainOf(each) === plain);
  if (same !== undefined || plain.length < MIN_LENGTH) return same;
  return known.find((each) => plainOf(each).endsWith(plain)) ?? fewestAway(plain, known);
}

function fewestAway(plain: string, known: readonly string[]): string | undefined {
  const near = known
    .map((each) => ({ each, away: distance(plain, plainOf(each)) }))
    .filter(({ away }) => away <= MAX_DISTANCE)
    .sort((left, right) => left.away - right.away);
  return near[0]?.each;
}

function plainOf(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Levenshtein's: the fewest letters to change, add or take away. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...left].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
